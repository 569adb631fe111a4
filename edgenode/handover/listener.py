"""The socket that sense connects to: its path, its lock file, and which user may connect."""

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
"""``struct ucred``: process, user and group of the other side (unix(7), SO_PEERCRED)."""


class Listener:
    """A listening Unix socket at *path*, held by one process at a time.

    Only processes of *user* may connect; the default is the user of this process.
    """

    def __init__(self, path: str | Path, user: str = "") -> None:
        self._path = Path(path)
        self._user = user
        self._uid = os.getuid()
        self._socket: socket.socket | None = None
        self._lock: IO[bytes] | None = None

    def open(self) -> None:
        """Listen. Raise ``ConfigError`` that names the reason if that is not possible."""
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
            why = f"{error.strerror or error}; check the folder's owner or name another socket"
            raise ConfigError([f"handover.socket = {str(self._path)!r}: {why}"]) from error

    def fileno(self) -> int:
        """Return the descriptor for a selector; -1 when closed."""
        return -1 if self._socket is None else self._socket.fileno()

    def accept(self) -> socket.socket | None:
        """Return the new connection; None if there is none, or if its user may not connect."""
        if self._socket is None:
            return None
        try:
            connection = self._socket.accept()[0]
        except (BlockingIOError, ConnectionAbortedError):
            return None
        # The kernel fills this in at connect(): a process cannot pretend to be another user.
        peer = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, CREDENTIALS.size)
        pid, uid, _ = CREDENTIALS.unpack(peer)
        if uid == self._uid:
            return connection
        log.error("process %d of user %d is not sense (user %d): refused", pid, uid, self._uid)
        connection.close()
        return None

    def close(self) -> None:
        """Stop listening and remove the socket file."""
        if self._socket is None:
            return
        # Before the lock is released: the next uplink may already listen at this path after that.
        self._path.unlink(missing_ok=True)
        self._socket.close()
        self._socket = None
        if self._lock is not None:
            self._lock.close()


def _uid(user: str) -> int:
    try:
        return pwd.getpwnam(user).pw_uid
    except KeyError as error:
        why = "no such user; create it (systemd-sysusers) or leave it out"
        raise ConfigError([f"handover.sense_user = {user!r}: {why}"]) from error


def _lock(path: Path) -> IO[bytes]:
    """Lock *path* for this process and return the lock file, which must stay open.

    The kernel releases the lock when the process ends, even when it is killed.
    """
    lock = path.with_name(path.name + ".lock").open("ab")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.close()
        raise OSError(error.errno, "another uplink listens there") from error
    return lock


def _listen(path: Path) -> socket.socket:
    """Return a socket that listens at *path*; a socket file left by a killed uplink is replaced."""
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
