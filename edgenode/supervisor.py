"""Runs sense and uplink as two child processes and starts them again when they crash."""

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from edgenode.exits import FINAL, Exit

log = logging.getLogger(__name__)


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """Waiting times for a child process, in seconds.

    Attributes:
        back_off: pauses after the first crash, the second and so on; the last one is repeated.
        steady: a child that has run longer than this begins with the first pause again.
        stop: a child that does not end within this time is killed.
    """

    back_off: tuple[float, ...] = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
    steady: float = 30.0
    stop: float = 12.0


class Child:
    """One of the two processes; after a crash it is started again, later each time."""

    def __init__(
        self,
        role: str,
        arguments: Sequence[str],
        log_to: int | None = None,
        timing: Timing = Timing(),  # noqa: B008 frozen
        runtime: Path | None = None,
    ) -> None:
        """*runtime*: the folder for what the process says of itself, which exists."""
        self.role = role
        self._log_to = log_to
        self._runtime = runtime
        self._timing = timing
        self._command = [sys.executable, "-m", "edgenode", role, *arguments]
        self._process: subprocess.Popen[bytes] | None = None
        self._failures = 0
        self._since = 0.0
        self._again_at = 0.0

    @property
    def pid(self) -> int | None:
        """Process id, None if the process does not run."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the process."""
        self._since = time.monotonic()
        # SIGHUP would end a process that does not handle it yet: it waits, see `service.Signals`.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
        # In a process group of its own, so that Ctrl-C signals only us: we stop the two in order.
        self._process = subprocess.Popen(  # noqa: S603 our own command
            self._command,
            process_group=0,
            env=_environment(self.role, self._runtime),
            stdin=subprocess.DEVNULL,
            stdout=self._log_to,
            stderr=self._log_to,
        )
        signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def check(self) -> int | None:
        """Return the exit status if starting the process again cannot help, see ``exits.FINAL``.

        Otherwise return None; a process that has crashed is started again after a pause. To be
        called regularly.
        """
        if self._process is None:
            if time.monotonic() >= self._again_at:
                self.start()
            return None
        status = self._process.poll()
        if status is None or status in FINAL:
            return status
        if time.monotonic() - self._since > self._timing.steady:
            self._failures = 0
        pauses = self._timing.back_off
        pause = pauses[min(self._failures, len(pauses) - 1)]
        log.error("%s ended with status %s; starting it again in %s s", self.role, status, pause)
        self._failures += 1
        self._again_at = time.monotonic() + pause
        self._process = None
        return None

    def signal(self, number: int) -> bool:
        """Send signal *number* to the process; return False if it does not run."""
        if self._process is None or self._process.poll() is not None:
            return False
        self._process.send_signal(number)
        return True

    def stop(self) -> None:
        """Send SIGTERM, and SIGKILL if the process does not end within ``Timing.stop``."""
        if self._process is None:
            return
        self.signal(signal.SIGTERM)
        try:
            self._process.wait(self._timing.stop)
        except subprocess.TimeoutExpired:
            log.error("%s does not end: killed", self.role)  # noqa: TRY400 no trace is of use
            self._process.kill()
            self._process.wait()


class Node:
    """Both processes of a node; *log_to* is the descriptor of a file for what they print.

    What they say of themselves is in ``runtime / role``, if there is a folder *runtime*.
    """

    def __init__(
        self,
        config: Path,
        handover: Path,
        log_to: int | None = None,
        runtime: Path | None = None,
    ) -> None:
        arguments = [
            "--config",
            str(config),
            "--socket",
            str(handover),
            "--parent",
            str(os.getpid()),
        ]
        folders = {role: _folder(runtime, role) for role in ("uplink", "sense")}
        self.uplink = Child("uplink", arguments, log_to, runtime=folders["uplink"])
        self.sense = Child("sense", arguments, log_to, runtime=folders["sense"])

    def run(
        self,
        stopping: threading.Event,
        reload: threading.Event | None = None,
        turn: Callable[[], None] = lambda: None,
    ) -> int:
        """Run until *stopping* is set, or until a child has ended for good; return the status.

        Whenever *reload* is set, both processes apply a changed configuration. *turn* is called a
        few times a second.
        """
        children = (self.uplink, self.sense)
        try:
            for child in children:
                child.start()
            while not stopping.wait(0.1):
                final = [status for child in children if (status := child.check()) is not None]
                if final:
                    return max(final)
                if reload is not None and reload.is_set():
                    reload.clear()
                    self._reload()
                turn()
        finally:
            # Sense first: its last findings must still be received by the uplink.
            self.sense.stop()
            self.uplink.stop()
        return Exit.DONE

    def _reload(self) -> None:
        # One of them: it has the other reload, too, or knows that it reads the file when it starts.
        if not self.uplink.signal(signal.SIGHUP):
            self.sense.signal(signal.SIGHUP)


def _folder(runtime: Path | None, role: str) -> Path | None:
    if runtime is None:
        return None
    folder = runtime / role
    folder.mkdir()
    return folder


def _environment(role: str, runtime: Path | None = None) -> dict[str, str]:
    """Return the environment for *role*."""
    # Only the uplink may know where the secrets are.
    hidden = {"CREDENTIALS_DIRECTORY"} if role == "sense" else set()
    passed = {name: value for name, value in os.environ.items() if name not in hidden}
    return passed | ({"RUNTIME_DIRECTORY": str(runtime)} if runtime else {})
