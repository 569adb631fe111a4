"""Packets over one connected socket, in both directions, without ever blocking."""

import contextlib
import socket
from collections.abc import Iterator

from edgenode.errors import ContractError
from edgenode.handover.protocol import LENGTH, MAX_PACKET

READ_BYTES = 1 << 16


class Wire:
    """Sends and receives packets on a socket that never blocks. For one thread."""

    def __init__(self, connection: socket.socket) -> None:
        connection.setblocking(False)  # noqa: FBT003 - the standard library's signature
        self._connection = connection
        self._received = bytearray()
        self._unsent = bytearray()

    def fileno(self) -> int:
        """Return the descriptor for a selector."""
        return self._connection.fileno()

    @property
    def unsent(self) -> int:
        """Bytes that the socket has not taken yet."""
        return len(self._unsent)

    def send(self, packet: bytes) -> None:
        """Send as much of *packet* as the socket takes now; ``flush`` sends the rest later.

        Raise ``OSError`` when the other side has closed.
        """
        self._unsent += packet
        self.flush()

    def flush(self) -> None:
        """Send what the socket takes now. Raise ``OSError`` when the other side has closed."""
        while self._unsent:
            try:
                sent = self._connection.send(self._unsent)
            except BlockingIOError:
                return
            del self._unsent[:sent]

    def receive(self) -> list[bytes]:
        """Return the payloads that have arrived completely; empty if there are none yet.

        Raise ``OSError`` when the other side has closed, and ``ContractError`` for a length above
        ``MAX_PACKET``: then the other side does not speak this protocol.
        """
        try:
            received = self._connection.recv(READ_BYTES)
        except BlockingIOError:
            return []
        if not received:
            raise ConnectionResetError("the other side closed the connection")
        self._received += received
        return self._payloads()

    def receive_rest(self) -> Iterator[list[bytes]]:
        """Yield the payloads that had been sent before the connection ends; then stop."""
        # First no more may arrive, or a peer that goes on sending would keep us here for ever.
        with contextlib.suppress(OSError, ContractError):
            self._connection.shutdown(socket.SHUT_RD)
        with contextlib.suppress(OSError, ContractError):
            while True:
                yield self.receive()

    def close(self) -> None:
        """Close the socket."""
        self._connection.close()

    def _payloads(self) -> list[bytes]:
        payloads: list[bytes] = []
        start = 0
        while len(self._received) >= start + LENGTH.size:
            (length,) = LENGTH.unpack_from(self._received, start)
            if length > MAX_PACKET:
                if payloads:
                    # Return the good ones now; the next call meets this length again and raises.
                    break
                raise ContractError(f"a packet of {length} bytes, at most {MAX_PACKET} may pass")
            end = start + LENGTH.size + length
            if len(self._received) < end:
                break
            payloads.append(bytes(self._received[start + LENGTH.size : end]))
            start = end
        # One deletion for all of them, because each deletion moves the rest.
        del self._received[:start]
        return payloads
