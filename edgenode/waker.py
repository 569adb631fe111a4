"""Wakes a thread that waits for files to become readable."""

import contextlib
import ctypes
import os
from typing import Self

# Unlike os.eventfd_write() this call keeps the GIL. Were it released here, the thread that is woken
# would take it at once, and the one that wakes, a plugin's between two samples, would wait for it.
_write = ctypes.PyDLL(None).eventfd_write
_write.argtypes = (ctypes.c_int, ctypes.c_uint64)


class Waker:
    """``wake`` is called from any thread, all else by the one that waits.

    Open, it is a file for a selector: readable from ``wake`` to ``clear``. Nothing is held before
    ``with`` and after it.
    """

    def __init__(self) -> None:
        self._file = -1
        self._woken = False

    def __enter__(self) -> Self:
        self._file, self._woken = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC), False
        return self

    def __exit__(self, *_: object) -> None:
        file, self._file = self._file, -1
        os.close(file)

    def fileno(self) -> int:
        """Return the descriptor to wait for."""
        if self._file < 0:
            raise ValueError("a waker is opened by `with` before it is waited for")
        return self._file

    def wake(self) -> None:
        """Make it readable; never blocks, and does nothing where nobody waits."""
        if not self._woken and self._file >= 0:
            self._woken = True
            _write(self._file, 1)

    def clear(self) -> None:
        """Make it unreadable until the next ``wake``; then look what there is to do.

        In this order: a ``wake`` during it is not seen, but what it is about is there already.
        """
        with contextlib.suppress(BlockingIOError):
            os.eventfd_read(self._file)
        # Last: were it reset first, the write of a wake in between could be read away above.
        self._woken = False
