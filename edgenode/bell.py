"""Wakes a thread that waits in ``select``."""

import contextlib
import socket


class Bell:
    """Rung from any thread, heard by one. Nothing is held before ``open`` and after ``close``."""

    def __init__(self) -> None:
        self._ears: socket.socket | None = None
        self._hand: socket.socket | None = None

    def open(self) -> socket.socket:
        """Return the socket that becomes readable when the bell is rung."""
        self._ears, self._hand = socket.socketpair()
        self._ears.settimeout(0)
        self._hand.settimeout(0)
        return self._ears

    def ring(self) -> None:
        """Wake the thread; never blocks, and does nothing where nobody listens."""
        # A full socket is full of rings already; a closed one has nobody behind it.
        with contextlib.suppress(OSError):
            if self._hand is not None:
                self._hand.send(b".")

    def close(self) -> None:
        """Let go of both ends."""
        for end in (self._ears, self._hand):
            if end is not None:
                end.close()
