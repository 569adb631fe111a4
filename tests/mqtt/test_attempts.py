import pytest

from edgenode.errors import BrokerError
from edgenode.mqtt.attempts import Backoff, Way, Ways
from edgenode.mqtt.exchange import LackingError, SilentError, UnansweredError, UnsupportedError
from edgenode.mqtt.standard import LOWER_QOS, NO_RETAIN


def test_the_wait_doubles_to_a_minute_or_two_and_no_two_nodes_march() -> None:
    backoffs = [Backoff(local=False) for _ in range(20)]

    waits = [[backoff.after(0) for _ in range(12)] for backoff in backoffs]

    assert all(1 <= wait[0] <= 3 for wait in waits)
    assert all(wait[1] == 2 * wait[0] for wait in waits)
    assert all(60 <= wait[-1] <= 120 for wait in waits)
    assert len({wait[0] for wait in waits}) == len(waits)


def test_a_broker_on_this_machine_is_asked_again_soon() -> None:
    backoff = Backoff(local=True)

    waits = [backoff.after(0) for _ in range(12)]

    assert waits[0] <= 0.2
    assert waits[-1] <= 4.0


def test_only_a_connection_that_held_forgives_the_past() -> None:
    backoff = Backoff(local=False)
    first = backoff.after(0)
    backoff.after(0)

    assert backoff.after(1.0) == 4 * first
    assert backoff.after(11.0) == first


def test_auto_falls_back_at_once_where_the_broker_says_why() -> None:
    ways = Ways("auto")
    assert ways.current.protocol == "5"

    at_once = ways.failed(UnsupportedError("no 5"))

    assert at_once
    assert ways.current.protocol == "3.1.1"


def test_auto_falls_back_after_two_closes_then_does_without_more_and_back_again() -> None:
    ways = Ways("auto")
    tried = []

    for _ in range(12):
        tried.append(ways.current)
        assert not ways.failed(UnansweredError("closed"))

    old = [Way("3.1.1", retains, qos) for qos in (1, 0) for retains in (True, False)]
    assert tried == [way for way in (Way("5"), *old, Way("5")) for _ in range(2)]


def test_auto_falls_back_at_once_where_the_broker_says_nothing() -> None:
    ways = Ways("auto")

    at_once = ways.failed(SilentError("nothing"))

    assert at_once
    assert ways.current.protocol == "3.1.1"


def test_silence_on_both_versions_is_no_reason_to_go_on_without_a_pause() -> None:
    ways = Ways("auto")

    at_once = []
    for _ in range(6):
        at_once += [ways.failed(SilentError("nothing")), ways.failed(SilentError("nothing"))]
        ways.paused()

    assert at_once == [True, False] * 6


@pytest.mark.parametrize("asked", ["auto", "5", "3.1.1"])
def test_a_broker_that_refuses_a_will_is_asked_again_without_what_it_lacks(asked: str) -> None:
    ways = Ways(asked)
    version = ways.current.protocol

    at_once = [ways.failed(LackingError("no", code)) for code in (NO_RETAIN, LOWER_QOS, NO_RETAIN)]

    assert at_once == [True, True, False]
    assert ways.current == Way(version, retains=False, most_qos=0)


def test_a_broker_that_has_learnt_to_retain_is_asked_for_it() -> None:
    ways = Ways("5")
    ways.failed(LackingError("no", NO_RETAIN))

    ways.accepted(retains=True, most_qos=1)

    assert ways.current == Way("5")


def test_a_version_that_worked_is_kept() -> None:
    ways = Ways("auto")
    ways.accepted(retains=True, most_qos=1)

    for _ in range(6):
        ways.failed(UnansweredError("closed"))
        ways.failed(SilentError("nothing"))

    assert ways.current == Way("5")


def test_a_version_that_the_broker_has_lost_is_left() -> None:
    ways = Ways("auto")
    ways.accepted(retains=True, most_qos=1)

    at_once = ways.failed(UnsupportedError("no 5 any more"))

    assert at_once
    assert ways.current.protocol == "3.1.1"


@pytest.mark.parametrize("asked", ["5", "3.1.1"])
def test_a_version_that_was_asked_for_is_never_left(asked: str) -> None:
    ways = Ways(asked)

    for error in (UnsupportedError("no"), UnansweredError("closed"), BrokerError("away")) * 3:
        ways.failed(error)
        assert ways.current.protocol == asked
