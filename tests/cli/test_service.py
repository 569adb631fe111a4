"""What the long-running commands share."""

import os
import signal
from collections.abc import Iterator

import pytest

from edgenode.cli._service import Signals, Watchdog
from edgenode.systemd import Notifier

OURS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@pytest.fixture
def signals() -> Iterator[Signals]:
    """Return the handlers at work, and put the old ones back."""
    before = {number: signal.getsignal(number) for number in OURS}
    yield Signals()
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(
    ("number", "stops", "reloads"),
    [(signal.SIGTERM, True, False), (signal.SIGINT, True, False), (signal.SIGHUP, False, True)],
)
def test_a_signal_wakes_and_says_what_is_wanted(
    signals: Signals, *, number: int, stops: bool, reloads: bool
) -> None:
    os.kill(os.getpid(), number)

    assert signals.wake.wait(10)
    assert (signals.stopping.is_set(), signals.reload) == (stops, reloads)


def test_a_signal_may_interrupt_the_very_wait_it_ends(signals: Signals) -> None:
    with signals.wake._cond, signals.stopping._cond:
        os.kill(os.getpid(), signal.SIGTERM)

        assert signals.wake.wait(10)

    assert signals.stopping.is_set()


def test_the_watchdog_is_patted_only_where_work_has_advanced() -> None:
    pats: list[bool] = []

    class Patted(Notifier):
        def alive(self) -> None:
            pats.append(True)

    watchdog = Watchdog(Patted({"WATCHDOG_USEC": "1000000"}), iter([True, False, True]).__next__)
    for _ in range(3):
        watchdog.turn()
    Watchdog(Patted({}), lambda: True).turn()

    assert len(pats) == 2
