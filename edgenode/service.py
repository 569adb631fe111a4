"""The main loop of the two long-running processes, with signals, watchdog and logging."""

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
from edgenode.status import StatusFile
from edgenode.systemd import Notifier, is_journal

log = logging.getLogger(__name__)

TURN_S = 1.0
"""How often the loop turns if nothing wakes it."""

STALL_S = 15.0
"""After this time without progress a thread is named in the log."""

PR_SET_PDEATHSIG = 1

PRIORITIES = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3}
"""The priorities of the journal by logging's levels, see sd-daemon(3)."""


class Service(Protocol):
    """What ``serve`` runs. All methods are called from the main thread.

    Attributes:
        refused: why the last reload was refused, one line each; empty if it was not.
    """

    refused: list[str]

    def start(self) -> None:
        """Start the threads; return soon."""

    def turn(self) -> Exit | None:
        """Called every ``TURN_S`` and on each wake; return a status to end, None to go on."""

    def reload(self) -> list[str]:
        """Read the configuration and apply all of it or nothing; return its faults."""

    def stuck(self) -> list[str]:
        """Return the names of the threads that have not advanced since ``mark``."""

    def mark(self) -> None:
        """Remember how far the threads have advanced."""

    def status(self) -> str:
        """Return one line for people."""

    def unwell(self) -> list[str]:
        """Return why the service does not do all of its work, one line each; empty if it does."""

    def stop(self) -> None:
        """End all threads within a few seconds."""


def serve(
    service: Service, signals: "Signals", told: StatusFile, notifier: Notifier | None = None
) -> Exit:
    """Run *service* until it ends or a signal asks to stop; return the exit status.

    *told* is for ``edgenode status``.
    """
    notifier = notifier or Notifier()
    watchdog = Watchdog(notifier, service)
    outcome = reloads.OutcomeFile()
    try:
        outcome.begin()
        told.say("starting", ["is starting"])
        service.start()
        notifier.ready(service.status())
        while not signals.stopping.is_set():
            # Before all else: a wake from here on must not be lost, it causes the next turn.
            signals.wake.clear()
            if signals.reload.is_set():
                # Cleared first: who asks from here on has not asked for what is read now.
                signals.reload.clear()
                _reload(service, told, notifier, outcome)
            ended = service.turn()
            if ended is not None:
                return ended
            watchdog.turn(time.monotonic())
            line = _status(service)
            notifier.status(line)
            told.say(line, _reasons(service, watchdog))
            signals.wake.wait(TURN_S)
        return Exit.DONE
    finally:
        notifier.stopping()
        told.say("stopping", ["is stopping"])
        service.stop()
        told.remove()


def _reload(
    service: Service, told: StatusFile, notifier: Notifier, outcome: reloads.OutcomeFile
) -> None:
    began_at = time.monotonic()
    told.say("reloading", ["applies a changed configuration"])
    notifier.reloading()
    faults = service.reload()
    refuse(faults)
    outcome.report(began_at, faults)
    notifier.ready(_status(service))


def _reasons(service: Service, watchdog: "Watchdog") -> list[str]:
    refused = [f"configuration refused: {fault}" for fault in service.refused]
    stalled = [f"does not advance: {name}" for name in watchdog.stalled]
    return [*service.unwell(), *refused, *stalled]


def _status(service: Service) -> str:
    refused = service.refused
    return f"{service.status()}; refused: {refused[0]}" if refused else service.status()


def refuse(faults: list[str]) -> None:
    """Log *faults*, and that the configuration is kept; nothing if there are none."""
    for fault in faults:
        log.error("%s", fault)
    if faults:
        log.error("the running configuration is kept")


class Flag(threading.Event):
    """An event that a signal handler may set.

    The handler runs in the main thread, and may interrupt it in ``wait`` or ``clear``. It may fail
    to wake that ``wait``: so wait with a timeout.
    """

    def __init__(self) -> None:
        super().__init__()
        # threading.Event has a Lock, which the interrupted main thread may hold: the handler would
        # wait for it for ever. An RLock can be taken again by the same thread.
        self._cond = threading.Condition(threading.RLock())


class Signals:
    """Handles SIGTERM and SIGINT, which ask to stop, and SIGHUP, which asks to reload.

    To be created in the main thread.

    Attributes:
        stopping: set by SIGTERM and SIGINT.
        reload: set by SIGHUP.
        wake: set by all three; other threads may set it too.
    """

    def __init__(self) -> None:
        self.stopping = Flag()
        self.wake = Flag()
        self.reload = Flag()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        signal.signal(signal.SIGHUP, self._hang_up)
        # Blocked by the supervisor until here: one that has come meanwhile is handled now.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping.set()
        self.wake.set()

    def _hang_up(self, _number: int, _frame: FrameType | None) -> None:
        self.reload.set()
        self.wake.set()


class Watchdog:
    """Notifies systemd's watchdog while all threads advance, and logs those that do not.

    Attributes:
        stalled: the names of the threads that have not advanced for a while.
    """

    def __init__(self, notifier: Notifier, service: Service, stall_s: float = STALL_S) -> None:
        self._notifier = notifier
        self._service = service
        self._stall_s = stall_s
        self._since = time.monotonic()
        self.stalled: list[str] = []

    def turn(self, now: float) -> None:
        """Check the threads; *now* is monotonic time."""
        stuck = self._service.stuck()
        if not stuck:
            if self._notifier.watchdog_s is not None:
                self._notifier.alive()
            self._service.mark()
            self._since, self.stalled = now, []
        elif now - self._since >= self._stall_s and stuck != self.stalled:
            log.error("no progress for %.0f s: %s", now - self._since, ", ".join(stuck))
            self.stalled = stuck


def log_to_stderr(*, verbose: bool, process: str = "edgenode") -> None:
    """Set up logging to stderr; in a unit in the format of the journal, which knows *process*."""
    handler = logging.StreamHandler(sys.stderr)
    # The journal adds the time itself.
    if is_journal(sys.stderr):
        # Otherwise the lines of an uncaught exception would have no priority.
        sys.excepthook = lambda *raised: log.critical("ended by an exception", exc_info=raised)
        threading.excepthook = _log_thread
        handler.setFormatter(JournalFormatter("%(message)s"))
    else:
        form = f"%(asctime)s %(levelname).1s {process} %(threadName)s: %(message)s"
        handler.setFormatter(logging.Formatter(form))
    logging.basicConfig(level=logging.DEBUG if verbose else logging.INFO, handlers=[handler])


def _log_thread(raised: threading.ExceptHookArgs) -> None:
    # As the default hook does: a thread may end by SystemExit.
    if raised.exc_type is not SystemExit:
        name = raised.thread.name if raised.thread else "without a name"
        log.critical("thread %s ended by an exception", name, exc_info=raised.exc_value)


class JournalFormatter(logging.Formatter):
    """Begins each line with its priority for the journal, also the lines of a traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the lines of the record."""
        priority = PRIORITIES.get(record.levelno, 3)
        return "\n".join(f"<{priority}>{line}" for line in super().format(record).splitlines())


def end_with(parent: int) -> None:
    """Have the kernel end this process when *parent*, the process that started it, ends."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    # It may have ended before the call: then no signal comes.
    if os.getppid() != parent:
        raise SystemExit(Exit.FAILED)
