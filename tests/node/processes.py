"""Processes of edgenode: started, watched and ended."""

import contextlib
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

LIMIT = 20.0
"""Seconds that a process has for whatever it is asked."""


class Running:
    """A process of edgenode, its log, and its children."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str], log: Path) -> None:
        with log.open("ab") as out:
            self.process = subprocess.Popen(command, env=env, stdout=out, stderr=out)
        self.pid = self.process.pid
        self._log = log

    @property
    def log(self) -> str:
        return self._log.read_text()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def ask_to_end(self) -> int:
        """Send SIGTERM; return the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.wait()

    def wait(self) -> int:
        return self.process.wait(LIMIT)

    def children(self) -> dict[str, int]:
        """Return the children's process ids by role."""
        listed = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        roles = {}
        for child in listed:
            with contextlib.suppress(OSError, ValueError):
                argv = Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
                roles[argv[argv.index(b"edgenode") + 1].decode()] = int(child)
        return roles


def alive(pid: int) -> bool:
    """Return whether the process has not ended; a zombie has."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"
