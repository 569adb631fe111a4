"""Temporary folders of commands that run long: those of a command that was killed are removed."""

import contextlib
import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from edgenode.errors import ConfigError

RUN = "edgenode-run-"
"""How the name of the folder of an ``edgenode run`` begins."""


@contextlib.contextmanager
def scratch(prefix: str) -> Iterator[Path]:
    """Yield a new folder, this user's alone; remove it, and before that what was left behind.

    Whoever uses a folder holds a lock on it, which the kernel releases when the process ends. It
    also keeps systemd-tmpfiles from taking away what is old in a folder in use. Raise
    ``ConfigError`` if no folder can be made.
    """
    for folder in mine(prefix):
        with contextlib.suppress(OSError), _locked(folder, fcntl.LOCK_EX | fcntl.LOCK_NB):
            shutil.rmtree(folder, ignore_errors=True)
    with contextlib.ExitStack() as lock:
        folder = _made(prefix, lock)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _made(prefix: str, lock: contextlib.ExitStack) -> Path:
    while True:
        try:
            folder = Path(tempfile.mkdtemp(prefix=prefix))
        except OSError as error:
            cure = "name a folder that this user may write to: TMPDIR=FOLDER"
            raise ConfigError(
                [f"no temporary folder: {error.strerror or error}; {cure}"]
            ) from error
        # Another command may have found it before it was locked, and taken it for one left behind.
        with contextlib.suppress(FileNotFoundError):
            lock.enter_context(_locked(folder, fcntl.LOCK_SH))
            if folder.exists():
                return folder


def mine(prefix: str) -> list[Path]:
    """Return this user's folders whose names begin with *prefix*; nobody else's are trusted."""
    try:
        place = Path(tempfile.gettempdir())
    except FileNotFoundError:
        return []
    return [folder for folder in place.glob(f"{prefix}*") if _is_mine(folder)]


def _is_mine(folder: Path) -> bool:
    # It may be gone again: another command that ends, or that takes away what was left behind.
    with contextlib.suppress(FileNotFoundError):
        found = folder.lstat()
        return found.st_uid == os.geteuid() and stat.S_ISDIR(found.st_mode)
    return False


@contextlib.contextmanager
def _locked(folder: Path, how: int) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, how)
        yield
    finally:
        os.close(descriptor)
