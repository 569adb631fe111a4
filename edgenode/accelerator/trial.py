"""Tries a model file in a process of its own before it is loaded in this one.

A damaged file can crash the TFLite runtime, or have it run for ever. What has passed is remembered
on the disk, so that a file is tried once with each version of the runtime.
"""

import importlib.metadata
import logging
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import msgspec

from edgenode.accelerator.interpreter import runtime
from edgenode.accelerator.worker import Answer, Stage
from edgenode.errors import DeviceError, ModelError
from edgenode.paths import state_folder

log = logging.getLogger(__name__)

LIMIT_S = 25.0
"""Longest trial, in seconds; a large model takes about two on a Raspberry Pi."""

MOST_REMEMBERED = 500

WHEN: dict[Stage, str] = {
    "read": "while the file was read",
    "load": "while it was loaded",
    "run": "in its first inference",
    "done": "after its first inference",
}

STOPPED = frozenset({signal.SIGHUP, signal.SIGINT, signal.SIGTERM})

# One after the other: each takes the memory of a whole runtime.
_one_at_a_time = threading.Lock()


class Trials:
    """Which files have passed, as empty files in *folder*. Any thread may use it."""

    def __init__(self, folder: Path | None = None, limit_s: float = LIMIT_S) -> None:
        """*folder*: by default that of this unit, or of this user, for what outlives a process."""
        self._folder = folder or state_folder() / "tried-models"
        self._limit_s = limit_s

    def check(self, content: bytes, sha256: str, name: str, device: str = "cpu") -> None:
        """Return if *content*, the file of model *name*, works on *device*; try it if it is new.

        *device*: ``cpu``, ``edgetpu``, ``edgetpu:N``, or ``none``: then it is read, but not loaded.
        Raise ``ModelError`` if it is refused, crashes the runtime, or does not end, and
        ``DeviceError`` if the device is at fault.
        """
        engine = _runtime()
        passed = self._folder / f"{sha256}-{engine}-{device.partition(':')[0]}"
        if passed.exists():
            return
        with _one_at_a_time:
            if passed.exists():
                return
            log.info("model %r is new here: first it is tried in a process of its own", name)
            _judge(self._run(content, name, device), name, engine)
            self._remember(passed)

    def _run(self, content: bytes, name: str, device: str) -> "subprocess.CompletedProcess[bytes]":
        # It imports from where this process does: not from the current folder, as -m alone would.
        worker = [sys.executable, "-P", "-m", "edgenode.accelerator.worker", name, device]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        try:
            return subprocess.run(  # noqa: S603 our own module
                worker,
                input=content,
                capture_output=True,
                timeout=self._limit_s,
                check=False,
                env=environment,
            )
        except subprocess.TimeoutExpired as late:
            raise ModelError(
                f"model {name!r} is not done after {self._limit_s:g} s"
                f" ({WHEN[_last(late.stdout or b'').stage]}); use another, or convert it again"
            ) from None
        except PermissionError as error:
            raise ModelError(
                f"model {name!r} cannot be tried: this user may not run {sys.executable!r}; install"
                " edgenode with a Python outside other users' homes"
            ) from error
        except OSError as error:
            raise ModelError(
                f"model {name!r} cannot be tried: no process can be started ({error.strerror});"
                " free memory, or see `ulimit -u`"
            ) from error

    def _remember(self, passed: Path) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            passed.touch()
            oldest = sorted(self._folder.iterdir(), key=lambda one: one.stat().st_mtime)
            for one in oldest[:-MOST_REMEMBERED]:
                one.unlink(missing_ok=True)
        except OSError as error:
            log.warning(
                "%s: %s; a model is tried again at each start", self._folder, error.strerror
            )


def _judge(ended: "subprocess.CompletedProcess[bytes]", name: str, engine: str) -> None:
    """Raise what *ended*, the process for model *name*, has met."""
    answer = _last(ended.stdout)
    printed = ended.stderr.decode(errors="replace").strip()
    if printed:
        log.debug("of the trial of model %r: %s", name, printed)
    if ended.returncode < 0:
        raise ModelError(_crash(ended.returncode, answer.stage, name, engine))
    if answer.error:
        raise DeviceError(answer.error) if answer.of_device else ModelError(answer.error)
    if ended.returncode or answer.stage != "done":
        last = printed.splitlines()[-1:] or ["no reason given"]
        raise ModelError(
            f"model {name!r} cannot be tried: the process for it ended with status"
            f" {ended.returncode}: {last[0]}; see `python -m edgenode.accelerator.worker`"
        )


def _crash(status: int, stage: Stage, name: str, engine: str) -> str:
    try:
        number = signal.Signals(-status)
    except ValueError:
        return f"model {name!r} ends {engine} with signal {-status} {WHEN[stage]}; use another"
    if number in STOPPED:
        return f"the trial of model {name!r} was stopped ({number.name}); it is tried again"
    if number == signal.SIGKILL:
        return (
            f"the trial of model {name!r} was killed {WHEN[stage]} (SIGKILL), as when memory is"
            " short; use a smaller model, or free memory"
        )
    return (
        f"model {name!r} crashes {engine} {WHEN[stage]} ({number.name}): the file is damaged or"
        " hostile; convert it again, or use another"
    )


def _last(output: bytes) -> Answer:
    """Return the last whole answer in *output*."""
    lines = output.split(b"\n")[:-1]
    return msgspec.json.decode(lines[-1], type=Answer) if lines else Answer("read")


def _runtime() -> str:
    """Return name and version of the runtime, as ``tflite-runtime-2.14.0``."""
    _, _, name = runtime()
    try:
        return f"{name}-{importlib.metadata.version(name)}"
    except importlib.metadata.PackageNotFoundError:
        return name
