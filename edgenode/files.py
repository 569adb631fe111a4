"""Reads and writes a file as a whole."""

import errno
import os
import stat
from pathlib import Path


def content(path: Path, most: int) -> bytes:
    """Return what is in the file at *path*.

    Raise ``OSError``, with its ``strerror``, if it cannot be read, is no regular file (a device or
    a pipe may have no end) or has more than *most* bytes.
    """
    # Without O_NONBLOCK the call would wait for somebody to write into a named pipe.
    with open(path, "rb", opener=_open_now) as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "not a regular file", str(path))
        if found.st_size > most:
            raise OSError(errno.EFBIG, f"larger than {most} bytes", str(path))
        return file.read()


def _open_now(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)


def open_itself(path: str, flags: int) -> int:
    """Open as ``os.open`` does, for ``opener`` of ``open``; raise ``OSError`` for a symbolic link.

    A new file may be read by all.
    """
    return os.open(path, flags | os.O_NOFOLLOW, 0o644)


def replace(file: Path, data: bytes) -> None:
    """Write *data* to *file*: at any moment it has the old content or the new one.

    Raise ``OSError``.
    """
    part = file.with_suffix(".part")
    part.write_bytes(data)
    part.replace(file)
