"""The socket that sense connects to: where it is, whose it is, and who may come."""

import contextlib
import fcntl
import logging
import os
import pwd
import socket
import stat
import struct
from pathlib import Path
from typing import IO

from edgenode.errors import ConfigError

log = logging.getLogger(__name__)

CREDENTIALS = struct.Struct("3i")
"""``struct ucred``: process, user and group of who has connected (unix(7), SO_PEERCRED)."""


class Listener:
    """A listening socket at *path*, held by one process at a time.

    Only processes of *user* are let in, by default those of our own.
    """

    def __init__(self, path: str | Path, user: str = "") -> None:
        self._path = Path(path)
        self._user = user
        self._uid = os.getuid()
        self._socket: socket.socket | None = None
        self._lock: IO[bytes] | None = None

    def open(self) -> None:
        """Listen. Raise ``ConfigError`` naming what stands in the way."""
        if self._user:
            self._uid = _uid(self._user)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with contextlib.ExitStack() as undo:
                lock = undo.enter_context(_lock(self._path))
                self._socket = _listen(self._path)
                undo.pop_all()
            self._lock = lock
        except OSError as error:
            says = f"{error.strerror or error}; check the folder's owner or name another socket"
            raise ConfigError([f"handover.socket = {str(self._path)!r}: {says}"]) from error

    def fileno(self) -> int:
        """Return the descriptor to wait for."""
        return -1 if self._socket is None else self._socket.fileno()

    def accept(self) -> socket.socket | None:
        """Return who has come; None where that is nobody, or one who may not."""
        if self._socket is None:
            return None
        try:
            connection = self._socket.accept()[0]
        except (BlockingIOError, ConnectionAbortedError):
            return None
        peer = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, CREDENTIALS.size)
        pid, uid, _ = CREDENTIALS.unpack(peer)
        if uid == self._uid:
            return connection
        log.error("process %d of user %d is not sense (user %d): refused", pid, uid, self._uid)
        connection.close()
        return None

    def close(self) -> None:
        """Take the socket away."""
        if self._socket is None:
            return
        # Whoever starts next listens at the same path: away with it before the lock is released.
        self._path.unlink(missing_ok=True)
        self._socket.close()
        self._socket = None
        if self._lock is not None:
            self._lock.close()


def _uid(user: str) -> int:
    try:
        return pwd.getpwnam(user).pw_uid
    except KeyError as error:
        says = "no such user; create it (systemd-sysusers) or leave it out"
        raise ConfigError([f"handover.sense_user = {user!r}: {says}"]) from error


def _lock(path: Path) -> IO[bytes]:
    """Hold *path* for this process; the kernel releases it when the process dies, however."""
    lock = path.with_name(path.name + ".lock").open("ab")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.close()
        raise OSError(error.errno, "another uplink listens there") from error
    return lock


def _listen(path: Path) -> socket.socket:
    """Return a socket that listens at *path*, in the place of one left by a killed uplink."""
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise FileExistsError(0, "a file that is no socket is there, and stays")
        path.unlink()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(str(path))
        path.chmod(0o660)
        listener.listen(4)
        listener.setblocking(False)  # noqa: FBT003 - the standard library's signature
    except OSError:
        listener.close()
        raise
    return listener
