"""What a service says to systemd: ready, alive, reloading, stopping. Silent without systemd.

Protocol: sd_notify(3), datagrams to ``$NOTIFY_SOCKET``.
"""

import contextlib
import os
import socket
import time
from collections.abc import Mapping
from typing import TextIO


class Notifier:
    """Speaks for one process; every method does nothing where systemd does not listen.

    Attributes:
        watchdog_s: how often ``alive`` must be called at least, None where nobody waits for it.
    """

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._address = environment.get("NOTIFY_SOCKET", "")
        ours = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        microseconds = int(environment.get("WATCHDOG_USEC", "0")) if ours else 0
        self.watchdog_s = microseconds / 1e6 if microseconds else None

    def ready(self, status: str) -> None:
        """Say that start-up is complete."""
        self._say("READY=1", f"STATUS={status}")

    def alive(self) -> None:
        """Pat the watchdog. Call it only when the work has advanced, never from a timer."""
        self._say("WATCHDOG=1")

    def status(self, text: str) -> None:
        """Set the line ``systemctl status`` shows."""
        self._say(f"STATUS={text}")

    def reloading(self) -> None:
        """Say that a reload has begun; ``ready`` ends it."""
        self._say("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> None:
        """Say that the end has begun."""
        self._say("STOPPING=1")

    def _say(self, *lines: str) -> None:
        if not self._address:
            return
        address = self._address
        if address.startswith("@"):
            address = "\0" + address[1:]
        # As sd_notify(3) asks: a socket that is gone, or another's left in the environment, is no
        # reason to fail; systemd itself misses what it waits for.
        with (
            contextlib.suppress(OSError),
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as connection,
        ):
            connection.connect(address)
            connection.sendall("\n".join(lines).encode())


def is_journal(stream: TextIO, environment: Mapping[str, str] = os.environ) -> bool:
    """Return whether the journal reads *stream*, and with it the priority of each line.

    The variable alone says nothing: programs inherit it and have their output elsewhere.
    """
    try:
        status = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return environment.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"
