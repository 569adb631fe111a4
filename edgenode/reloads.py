"""Writes to a file how a reload ended, because a signal has no answer, and reads it there."""

import contextlib
import fcntl
import logging
import os
import signal
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from edgenode import files
from edgenode.errors import ConfigError

log = logging.getLogger(__name__)

FILE = "reload.json"


class Ended(msgspec.Struct, frozen=True):
    """How the last reload ended.

    Attributes:
        count: number of reloads so far.
        faults: why it was refused; empty if it was not.
    """

    count: int = 0
    faults: tuple[str, ...] = ()


def file_of(environ: Mapping[str, str] = os.environ) -> Path | None:
    """Return the file of a unit's process, None outside a unit."""
    # systemd separates several folders by a colon.
    folder = environ.get("RUNTIME_DIRECTORY", "").partition(":")[0]
    return Path(folder) / FILE if folder else None


class OutcomeFile:
    """Writes how reloads end. Does nothing outside a unit. For the main thread."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file or file_of()
        self._count = 0

    def begin(self) -> None:
        """Write that there was no reload yet."""
        self._write(Ended())

    def report(self, faults: list[str]) -> None:
        """Write that a reload has ended, with *faults* if it was refused."""
        self._count += 1
        self._write(Ended(self._count, tuple(faults)))

    def _write(self, ended: Ended) -> None:
        if self._file is None:
            return
        try:
            files.replace(self._file, msgspec.json.encode(ended))
        except OSError as error:
            log.warning("%s: %s; how reloads end is not written", self._file, error)
            self._file = None


def reload(pid: int, file: Path, timeout: float, turn_s: float = 0.1) -> list[str]:
    """Have process *pid* reload; return why it refuses the configuration, empty if it does not.

    Of several at once each waits until the one before has its outcome. Raise ``ConfigError`` if
    there is no such process, or if it has not written to *file* within *timeout* seconds how the
    reload ended.
    """
    with _alone(file):
        before = _read(file)
        try:
            os.kill(pid, signal.SIGHUP)
        except (OSError, OverflowError) as error:
            raise ConfigError([f"--pid {pid}: {error}; give the service's main process"]) from error
        until = time.monotonic() + timeout
        while time.monotonic() < until:
            ended = _read(file)
            if ended.count != before.count:
                return list(ended.faults)
            time.sleep(turn_s)
    raise ConfigError([f"process {pid} has not reloaded within {timeout:g} s: see its log"])


@contextlib.contextmanager
def _alone(file: Path) -> Iterator[None]:
    """Hold the lock of those who wait for an outcome in *file*."""
    # The folder's: the file itself is another one after each reload.
    try:
        folder = os.open(file.parent, os.O_RDONLY)
    except OSError as error:
        raise _unreadable(file, error) from error
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _read(file: Path) -> Ended:
    try:
        return msgspec.json.decode(file.read_bytes(), type=Ended)
    except (OSError, msgspec.MsgspecError) as error:
        raise _unreadable(file, error) from error


def _unreadable(file: Path, error: Exception) -> ConfigError:
    cure = "it is written by `edgenode sense` and `uplink` as systemd units"
    return ConfigError([f"{file}: {error}; {cure}"])
