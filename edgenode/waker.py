"""Waits for files, sockets among them, and wakes a thread that waits."""

import contextlib
import ctypes
import os
import select
from collections.abc import Mapping
from typing import Protocol, Self, TypeVar

READ, WRITE = select.POLLIN, select.POLLOUT

# Unlike os.eventfd_write() this call keeps the GIL. Were it released here, the thread that is woken
# would take it at once, and the one that wakes, a plugin's between two samples, would wait for it.
_write = ctypes.PyDLL(None).eventfd_write
_write.argtypes = (ctypes.c_int, ctypes.c_uint64)


class File(Protocol):
    """What can be waited for."""

    def fileno(self) -> int:
        """Return the descriptor."""


FileT = TypeVar("FileT", bound=File)


def wait_for_files(events: Mapping[FileT, int], timeout: float) -> dict[FileT, int]:
    """Wait at most *timeout* seconds until one of these files has one of its *events*.

    Return the files that are ready with what they are ready for; a file without events never is. A
    file that is broken or closed at the other end is ready for all of its events, so that the next
    call on it tells.
    """
    # Not select(2), which fails with descriptors above 1023. And made anew for each call: a poll
    # object that is kept would have to be told of each file that comes, goes or changes.
    poll = select.poll()
    files = {file.fileno(): file for file, asked in events.items() if asked}
    for descriptor, file in files.items():
        poll.register(descriptor, events[file])
    ready = ((files[descriptor], found) for descriptor, found in poll.poll(timeout * 1000))
    return {file: found & events[file] or events[file] for file, found in ready}


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
