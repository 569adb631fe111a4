"""What the two long-running processes share: logging, signals, the loop, the watchdog."""

import ctypes
import logging
import os
import signal
import sys
import threading
import time
from types import FrameType
from typing import Protocol

from edgenode import reloads
from edgenode.exits import Exit
from edgenode.systemd import Notifier, is_journal

log = logging.getLogger(__name__)

TURN_S = 1.0
"""How often a service is looked after when nothing wakes the loop."""

STALL_S = 15.0
"""From which on a thread that does not get on is worth a line in the log."""

PR_SET_PDEATHSIG = 1

PRIORITIES = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3}
"""What the journal calls the levels, see sd-daemon(3)."""


class Service(Protocol):
    """What ``serve`` runs. All is called from the main thread.

    Attributes:
        refused: why the configuration that was to follow is not in force; empty where none was.
    """

    refused: list[str]

    def start(self) -> None:
        """Begin to work; return soon."""

    def turn(self) -> Exit | None:
        """Called about once a second and whenever somebody wakes the loop; return the end."""

    def reload(self) -> list[str]:
        """Read the configuration anew and apply it, or nothing of it; return what is wrong."""

    def stuck(self) -> list[str]:
        """Return the names of what has not advanced since ``mark``."""

    def mark(self) -> None:
        """Remember how far everything is."""

    def status(self) -> str:
        """Return one line for people."""

    def stop(self) -> None:
        """End everything, within seconds."""


def serve(service: Service, signals: "Signals", notifier: Notifier | None = None) -> Exit:
    """Run *service* until it ends or a signal says so; return the exit status."""
    notifier = notifier or Notifier()
    watchdog = Watchdog(notifier, service)
    outcome = reloads.Outcome()
    try:
        service.start()
        outcome.begin()
        notifier.ready(service.status())
        while not signals.stopping.is_set():
            # Cleared first: what wakes us from here on is looked at in the next turn.
            signals.wake.clear()
            if signals.reload:
                signals.reload = False
                notifier.reloading()
                faults = service.reload()
                refuse(faults)
                outcome.report(faults)
                notifier.ready(_status(service))
            ended = service.turn()
            if ended is not None:
                return ended
            watchdog.turn(time.monotonic())
            notifier.status(_status(service))
            signals.wake.wait(TURN_S)
        return Exit.DONE
    finally:
        notifier.stopping()
        service.stop()


def _status(service: Service) -> str:
    refused = service.refused
    return f"{service.status()}; refused: {refused[0]}" if refused else service.status()


def refuse(faults: list[str]) -> None:
    """Log why a reload changes nothing, if there is anything wrong."""
    for fault in faults:
        log.error("%s", fault)
    if faults:
        log.error("the running configuration is kept")


class Flag(threading.Event):
    """An event that a signal's handler may set, even one that interrupts ``wait`` or ``clear``.

    There threading's own waits for ever for a lock that its thread holds. Whom the handler
    interrupts it may not wake: such a thread waits with a limit.
    """

    def __init__(self) -> None:
        super().__init__()
        self._cond = threading.Condition(threading.RLock())


class Signals:
    """SIGTERM and SIGINT ask to stop, SIGHUP to reload. Made in the main thread.

    Attributes:
        stopping: set by the first two.
        reload: True after the third.
        wake: set by each.
    """

    def __init__(self) -> None:
        self.stopping = Flag()
        self.wake = Flag()
        self.reload = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        signal.signal(signal.SIGHUP, self._hang_up)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping.set()
        self.wake.set()

    def _hang_up(self, _number: int, _frame: FrameType | None) -> None:
        self.reload = True
        self.wake.set()


class Watchdog:
    """Pats systemd's watchdog when all has advanced since the last pat, and names what has not."""

    def __init__(self, notifier: Notifier, service: Service, stall_s: float = STALL_S) -> None:
        self._notifier = notifier
        self._service = service
        self._stall_s = stall_s
        self._since = time.monotonic()
        self._told: list[str] = []

    def turn(self, now: float) -> None:
        """Called each second or so by the main thread; *now* is monotonic time."""
        stuck = self._service.stuck()
        if not stuck:
            if self._notifier.watchdog_s is not None:
                self._notifier.alive()
            self._service.mark()
            self._since, self._told = now, []
        elif now - self._since >= self._stall_s and stuck != self._told:
            log.error("no progress for %.0f s: %s", now - self._since, ", ".join(stuck))
            self._told = stuck


def log_to_stderr(*, verbose: bool) -> None:
    """Set up logging."""
    handler = logging.StreamHandler(sys.stderr)
    # The journal has its own clock.
    if is_journal(sys.stderr):
        # Or else the lines of a trace were no errors.
        sys.excepthook = lambda *raised: log.critical("ended by an exception", exc_info=raised)
        handler.setFormatter(JournalFormatter("%(message)s"))
    else:
        form = "%(asctime)s %(levelname).1s %(threadName)s: %(message)s"
        handler.setFormatter(logging.Formatter(form))
    logging.basicConfig(level=logging.DEBUG if verbose else logging.INFO, handlers=[handler])


class JournalFormatter(logging.Formatter):
    """Begins each line with its priority, as the journal reads it: a trace is many lines."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record's lines."""
        priority = PRIORITIES.get(record.levelno, 3)
        return "\n".join(f"<{priority}>{line}" for line in super().format(record).splitlines())


def end_with(parent: int) -> None:
    """End when *parent*, the process that started us, ends."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        raise SystemExit(Exit.FAILED)
