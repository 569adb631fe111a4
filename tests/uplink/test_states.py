import time
from collections.abc import Callable

import pytest

from edgenode.handover import PluginVitals, ResultRecord, Vitals
from edgenode.uplink.states import MOST, States


class Clock:
    """Time that goes when it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr(time, "monotonic", lambda: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def due(states: States, *, fresh: bool = True) -> dict[str, dict[str, int]]:
    return {plugin: state.counts for plugin, state in states.due(fresh=fresh)}


def test_a_state_is_due_when_it_changes_and_only_then(
    clock: Clock, finding: Callable[..., ResultRecord]
) -> None:
    states = States()
    states.result(finding())

    assert due(states) == {"people": {"person": 1}}

    clock.now += 5
    states.result(finding())
    assert due(states) == {}


def test_at_most_one_a_second_and_the_latest_always(
    clock: Clock, finding: Callable[..., ResultRecord]
) -> None:
    states = States()
    states.result(finding())
    due(states)

    states.vitals(Vitals(plugins={"people": PluginVitals(fate="device-error", error="gone")}))
    clock.now += 0.9
    assert due(states) == {}
    states.vitals(Vitals(plugins={"people": PluginVitals(fate="running")}))
    clock.now += 0.2

    ((_, state),) = states.due(fresh=True)
    assert (state.fate, state.error, state.counts) == ("running", "", {"person": 1})


def test_an_unchanged_state_is_repeated_before_it_expires_while_sense_is_there(
    clock: Clock, finding: Callable[..., ResultRecord]
) -> None:
    states = States()
    states.result(finding())
    due(states)

    clock.now += 241

    assert due(states, fresh=False) == {}
    assert due(states) == {"people": {"person": 1}}
    assert due(states) == {}


def test_all_are_due_again_for_a_broker_that_may_have_forgotten(
    clock: Clock, finding: Callable[..., ResultRecord]
) -> None:
    states = States()
    states.result(finding())
    states.result(finding(plugin="cats"))
    due(states)
    clock.now += 0.1

    states.again()

    assert due(states, fresh=False).keys() == {"people", "cats"}


def test_a_plugin_that_sense_does_not_name_any_more_is_forgotten(
    clock: Clock, finding: Callable[..., ResultRecord]
) -> None:
    states = States()
    states.result(finding())
    states.vitals(Vitals(plugins={"cats": PluginVitals(fate="load-error", error="no such model")}))

    clock.now += 300

    assert due(states).keys() == {"cats"}


def test_the_memory_is_bounded(finding: Callable[..., ResultRecord]) -> None:
    states = States()

    for number in range(MOST + 10):
        states.result(finding(plugin=f"p{number}"))

    assert len(due(states)) == MOST


def test_the_last_word_of_a_sense_that_is_gone_is_not_held_back() -> None:
    states = States()
    states.vitals(Vitals(plugins={"people": PluginVitals(fate="running")}))
    list(states.due(fresh=True))

    states.vitals(Vitals(plugins={"people": PluginVitals(fate="finished")}))
    held_back = list(states.due(fresh=True))
    ((_, state),) = states.due(fresh=False)

    assert held_back == []
    assert state.fate == "finished"
