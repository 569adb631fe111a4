"""Wakes a thread that waits for files to become readable."""

import contextlib
import socket
from typing import Self


class Waker:
    """``wake`` is called from any thread, all else by the one that waits.

    Open, it is a file for a selector: readable from ``wake`` to ``clear``. Nothing is held before
    ``with`` and after it.
    """

    def __init__(self) -> None:
        self._ends: tuple[socket.socket, socket.socket] | None = None
        self._woken = False

    def __enter__(self) -> Self:
        read, write = socket.socketpair()
        read.setblocking(False)  # noqa: FBT003 - the standard library's signature
        write.setblocking(False)  # noqa: FBT003
        self._ends, self._woken = (read, write), False
        return self

    def __exit__(self, *_: object) -> None:
        ends, self._ends = self._ends, None
        for end in ends or ():
            end.close()

    def fileno(self) -> int:
        """Return the descriptor to wait for."""
        if self._ends is None:
            raise ValueError("a waker is opened by `with` before it is waited for")
        return self._ends[0].fileno()

    def wake(self) -> None:
        """Make it readable; never blocks, and does nothing where nobody waits."""
        ends = self._ends
        if ends is None or self._woken:
            return
        self._woken = True
        # A closed one has nobody behind it.
        with contextlib.suppress(OSError):
            ends[1].send(b".")

    def clear(self) -> None:
        """Make it unreadable until the next ``wake``; then look what there is to do.

        In this order: a ``wake`` during it is not seen, but what it is about is there already.
        """
        with contextlib.suppress(OSError):
            if self._ends is not None:
                self._ends[0].recv(4096)
        # Last: were it reset first, the byte of a wake in between could be read away above.
        self._woken = False
