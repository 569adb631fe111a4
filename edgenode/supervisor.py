"""Starts sense and uplink as two processes in the foreground and keeps them running."""

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from edgenode.exits import FINAL, Exit

log = logging.getLogger(__name__)

BACK_OFF_S = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
STEADY_S = 30.0
STOP_S = 12.0


class Child:
    """One of the two processes; started again, later and later, when it dies."""

    def __init__(self, role: str, arguments: Sequence[str], log_to: int | None = None) -> None:
        self.role = role
        self._log_to = log_to
        self._command = [sys.executable, "-m", "edgenode", role, *arguments]
        self._process: subprocess.Popen[bytes] | None = None
        self._failures = 0
        self._since = 0.0
        self._again_at = 0.0

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the process."""
        self._since = time.monotonic()
        # In a process group of its own: Ctrl-C reaches us, and we stop the two in order.
        self._process = subprocess.Popen(  # noqa: S603 our own command
            self._command, process_group=0, stdout=self._log_to, stderr=self._log_to
        )

    def check(self) -> int | None:
        """Return the status it ended with if starting it again cannot help, see ``exits.FINAL``.

        Any other end is a crash: the process is started again after a pause.
        """
        if self._process is None:
            if time.monotonic() >= self._again_at:
                self.start()
            return None
        status = self._process.poll()
        if status is None or status in FINAL:
            return status
        if time.monotonic() - self._since > STEADY_S:
            self._failures = 0
        pause = BACK_OFF_S[min(self._failures, len(BACK_OFF_S) - 1)]
        log.error("%s ended with status %s; starting it again in %s s", self.role, status, pause)
        self._failures += 1
        self._again_at = time.monotonic() + pause
        self._process = None
        return None

    def signal(self, number: int) -> None:
        """Pass a signal on."""
        process = self._process  # another thread may be about to forget it
        if process and process.poll() is None:
            process.send_signal(number)

    def stop(self) -> None:
        """End the process: ask, wait, then kill."""
        if self._process is None:
            return
        self.signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            log.error("%s does not end: killed", self.role)  # noqa: TRY400 no trace is of use
            self._process.kill()
            self._process.wait()


class Node:
    """Both processes of a node, joined by a socket; *log_to*: a file for what they print."""

    def __init__(self, config: Path, handover: Path, log_to: int | None = None) -> None:
        arguments = [
            "--config",
            str(config),
            "--socket",
            str(handover),
            "--parent",
            str(os.getpid()),
        ]
        self.uplink = Child("uplink", arguments, log_to)
        self.sense = Child("sense", arguments, log_to)

    def run(self, stopping: threading.Event) -> int:
        """Run until *stopping*, or until a child has ended for good; return the status."""
        children = (self.uplink, self.sense)
        try:
            for child in children:
                child.start()
            while not stopping.wait(0.1):
                final = [status for child in children if (status := child.check()) is not None]
                if final:
                    return max(final)
        finally:
            # Sense first: what it still has to say must find the uplink.
            self.sense.stop()
            self.uplink.stop()
        return Exit.DONE

    def reload(self) -> None:
        """Have both read the configuration anew."""
        for child in (self.uplink, self.sense):
            child.signal(signal.SIGHUP)
