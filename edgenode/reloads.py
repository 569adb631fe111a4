"""Writes to a file how a reload ended, because a signal has no answer, and reads it there."""

import logging
import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path

import msgspec

from edgenode import files
from edgenode.errors import ConfigError
from edgenode.paths import runtime_folder

log = logging.getLogger(__name__)

FILE = "reload.json"


class Ended(msgspec.Struct, frozen=True):
    """How the last reload ended.

    Attributes:
        began_at: monotonic seconds, before the configuration was read; 0 if there was no reload.
        faults: why it was refused; empty if it was not.
        pid: the process that has written this.
    """

    began_at: float = 0.0
    faults: tuple[str, ...] = ()
    pid: int = msgspec.field(default_factory=os.getpid)


def file_of(environ: Mapping[str, str] = os.environ) -> Path | None:
    """Return the file of a unit's process, None outside a unit."""
    folder = runtime_folder(environ)
    return folder / FILE if folder else None


class OutcomeFile:
    """Writes how reloads end. Does nothing outside a unit. For the main thread."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file or file_of()

    def begin(self) -> None:
        """Write that there was no reload yet."""
        self._write(Ended())

    def report(self, began_at: float, faults: list[str]) -> None:
        """Write that a reload has ended, with *faults* if it was refused; see ``Ended``."""
        self._write(Ended(began_at, tuple(faults)))

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

    Raise ``ConfigError`` if there is no such process, if it is not the one that writes *file*, or
    if it has not written there within *timeout* seconds how the reload ended.
    """
    # The signal ends a process that does not expect it.
    if (writer := _read(file).pid) != pid:
        fault = f"{file} is of process {writer}; give the service's main process"
        raise ConfigError([f"--pid {pid}: {fault}"])
    # Both processes read the same clock. A reload that began earlier is not the one asked for.
    asked_at = time.monotonic()
    try:
        os.kill(pid, signal.SIGHUP)
    except (OSError, OverflowError) as error:
        raise ConfigError([f"--pid {pid}: {error}; give the service's main process"]) from error
    while time.monotonic() < asked_at + timeout:
        ended = _read(file)
        if ended.began_at >= asked_at:
            return list(ended.faults)
        time.sleep(turn_s)
    raise ConfigError([f"process {pid} has not reloaded within {timeout:g} s: see its log"])


def _read(file: Path) -> Ended:
    try:
        return msgspec.json.decode(file.read_bytes(), type=Ended)
    except (OSError, msgspec.MsgspecError) as error:
        raise ConfigError(
            [f"{file}: {error}; it is written by `edgenode sense` and `uplink` as systemd units"]
        ) from error
