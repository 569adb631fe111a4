"""Notifies systemd of a service's state, by the protocol of sd_notify(3)."""

import contextlib
import os
import socket
import time
from collections.abc import Mapping
from typing import TextIO


class Notifier:
    """Sends notifications to systemd; without systemd every method does nothing.

    Attributes:
        watchdog_s: seconds within which ``alive`` must be called, None if there is no watchdog.
    """

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._address = environment.get("NOTIFY_SOCKET", "")
        ours = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        microseconds = int(environment.get("WATCHDOG_USEC", "0")) if ours else 0
        self.watchdog_s = microseconds / 1e6 if microseconds else None

    def ready(self, status: str) -> None:
        """Notify that the start, or a reload, is complete."""
        self._send("READY=1", f"STATUS={status}")

    def alive(self) -> None:
        """Notify the watchdog. To be called only if the work has advanced, never by a timer."""
        self._send("WATCHDOG=1")

    def status(self, text: str) -> None:
        """Set the line that ``systemctl status`` shows."""
        self._send(f"STATUS={text}")

    def reloading(self) -> None:
        """Notify that a reload has begun; ``ready`` ends it."""
        self._send("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> None:
        """Notify that the service has begun to stop."""
        self._send("STOPPING=1")

    def _send(self, *lines: str) -> None:
        if not self._address:
            return
        address = self._address
        # An abstract socket, see unix(7).
        if address.startswith("@"):
            address = "\0" + address[1:]
        # Errors are ignored, as sd_notify(3) recommends: if systemd waits for a notification, it
        # acts itself when none comes.
        with (
            contextlib.suppress(OSError),
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as connection,
        ):
            connection.connect(address)
            connection.sendall("\n".join(lines).encode())


def is_journal(stream: TextIO, environment: Mapping[str, str] = os.environ) -> bool:
    """Return whether *stream* goes to the journal, which reads a priority from each line."""
    # The variable alone is no proof: child processes inherit it, whatever their output is.
    try:
        status = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return environment.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"
