"""What the long-running commands share: arguments, logging, signals, the watchdog."""

import argparse
import ctypes
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from edgenode.config import DEFAULT_PATH
from edgenode.errors import ConfigError
from edgenode.systemd import Notifier

log = logging.getLogger(__name__)

PR_SET_PDEATHSIG = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of sense and uplink."""
    parser.add_argument(
        "--config", type=Path, default=DEFAULT_PATH, metavar="FILE", help=f"default {DEFAULT_PATH}"
    )
    parser.add_argument(
        "--socket", type=Path, metavar="PATH", help="default: handover.socket of the configuration"
    )
    parser.add_argument("--verbose", action="store_true", help="log more")
    parser.add_argument("--parent", type=int, help=argparse.SUPPRESS)


def refuse(error: ConfigError) -> None:
    """Log why a reload changes nothing."""
    for fault in error.faults:
        log.error("%s", fault)
    log.error("the running configuration is kept")


def seconds(text: str) -> float:
    """Return how long something shall last; refuse what is no time at all."""
    value = float(text)
    if not value > 0:
        raise argparse.ArgumentTypeError(f"{text} is no time: give more than 0 seconds")
    return value


def begin(args: argparse.Namespace) -> None:
    """Set up logging; end with the parent if there is one."""
    logging.basicConfig(
        level=logging.DEBUG if args.verbose else logging.INFO,
        format=_format(),
        stream=sys.stderr,
    )
    if args.parent:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != args.parent:
            raise SystemExit(1)


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
    """Pats systemd's watchdog when the work has advanced since the last pat."""

    def __init__(self, notifier: Notifier, advanced: Callable[[], bool]) -> None:
        self._notifier = notifier
        self._advanced = advanced

    def turn(self) -> None:
        """Called each second or so by the main thread."""
        if self._notifier.watchdog_s is not None and self._advanced():
            self._notifier.alive()


def _format() -> str:
    # The journal has its own clock, and takes the level from the number in front.
    if "JOURNAL_STREAM" in os.environ:
        return "%(message)s"
    return "%(asctime)s %(levelname).1s %(threadName)s: %(message)s"
