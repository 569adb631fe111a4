"""Packets over one connected socket, in both directions, neither waiting for the other."""

import contextlib
import selectors
import socket
from collections.abc import Iterator

from edgenode.errors import ContractError
from edgenode.handover.protocol import LENGTH, MAX_PACKET

READ_BYTES = 1 << 16


class Wire:
    """Never blocks. For one thread."""

    def __init__(self, connection: socket.socket) -> None:
        connection.setblocking(False)  # noqa: FBT003 - the standard library's signature
        self._connection = connection
        self._received = bytearray()
        self._unsent = bytearray()

    def fileno(self) -> int:
        """Return the descriptor to wait for."""
        return self._connection.fileno()

    @property
    def events(self) -> int:
        """What a selector shall wait for: readable, and writable while something is unsent."""
        return selectors.EVENT_READ | (selectors.EVENT_WRITE if self._unsent else 0)

    @property
    def unsent(self) -> int:
        """Bytes that the other side has not taken yet."""
        return len(self._unsent)

    def send(self, packet: bytes) -> None:
        """Send *packet*, or what the other side takes of it now; ``flush`` sends the rest."""
        self._unsent += packet
        self.flush()

    def flush(self) -> None:
        """Send what the other side takes now. Raise ``OSError`` when it has gone."""
        while self._unsent:
            try:
                sent = self._connection.send(memoryview(self._unsent)[: 1 << 18])
            except BlockingIOError:
                return
            del self._unsent[:sent]

    def receive(self) -> list[bytes]:
        """Return the payloads that have arrived whole; none where nothing is there yet.

        Raise ``OSError`` when the other side has gone, and ``ContractError`` for a length beyond
        ``MAX_PACKET``: the stream is not ours.
        """
        try:
            received = self._connection.recv(READ_BYTES)
        except BlockingIOError:
            return []
        if not received:
            raise ConnectionResetError("the other side closed the connection")
        self._received += received
        return self._whole()

    def receive_rest(self) -> Iterator[list[bytes]]:
        """Yield what the other side had sent before it went; nothing more can arrive then."""
        with contextlib.suppress(OSError, ContractError):
            self._connection.shutdown(socket.SHUT_RD)
        with contextlib.suppress(OSError, ContractError):
            while True:
                yield self.receive()

    def close(self) -> None:
        """Close the socket."""
        self._connection.close()

    def _whole(self) -> list[bytes]:
        payloads: list[bytes] = []
        start = 0
        while len(self._received) >= start + LENGTH.size:
            (length,) = LENGTH.unpack_from(self._received, start)
            if length > MAX_PACKET:
                if payloads:
                    # Those before it are good; it is met again with what comes next.
                    break
                raise ContractError(f"a packet of {length} bytes, at most {MAX_PACKET} may pass")
            end = start + LENGTH.size + length
            if len(self._received) < end:
                break
            payloads.append(bytes(self._received[start + LENGTH.size : end]))
            start = end
        # Once for all that have arrived: each deletion moves the rest.
        del self._received[:start]
        return payloads
