"""Wakes a thread that waits in a selector."""

import contextlib
import socket
from typing import Self


class Waker:
    """A file for a selector, readable from ``wake`` until ``clear``.

    ``wake`` may be called from any thread at any time, the other methods only by the thread that
    waits. It is open, and has descriptors, only inside ``with``.
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
        """Return the descriptor for a selector; raise ``ValueError`` if it is not open."""
        if self._ends is None:
            raise ValueError("a waker is opened by `with` before it is waited for")
        return self._ends[0].fileno()

    def wake(self) -> None:
        """Make it readable. Never blocks; does nothing if it is not open."""
        ends = self._ends
        if ends is None or self._woken:
            return
        self._woken = True
        # A closed one means that the thread has ended.
        with contextlib.suppress(OSError):
            ends[1].send(b".")

    def clear(self) -> None:
        """Make it unreadable until the next ``wake``. Call it before looking for work.

        A ``wake`` during this call may have no effect, but its work is there already.
        """
        with contextlib.suppress(OSError):
            if self._ends is not None:
                self._ends[0].recv(4096)
        # Last: were it reset first, the byte of a wake in between could be read away above.
        self._woken = False
