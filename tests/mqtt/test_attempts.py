import pytest

from edgenode.errors import BrokerError
from edgenode.mqtt.attempts import Backoff, Protocols
from edgenode.mqtt.exchange import SilentError, UnansweredError, UnsupportedError


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
    protocols = Protocols("auto")
    assert protocols.current == "5"

    protocols.failed(UnsupportedError("no 5"))

    assert protocols.current == "3.1.1"
    assert protocols.fresh


def test_auto_falls_back_after_two_closes_and_back_again() -> None:
    protocols = Protocols("auto")
    tried = []

    for _ in range(6):
        tried.append(protocols.current)
        protocols.failed(UnansweredError("closed"))

    assert tried == ["5", "5", "3.1.1", "3.1.1", "5", "5"]


def test_auto_falls_back_at_once_where_the_broker_says_nothing() -> None:
    protocols = Protocols("auto")

    protocols.failed(SilentError("nothing"))

    assert protocols.current == "3.1.1"


def test_a_version_that_worked_is_kept() -> None:
    protocols = Protocols("auto")
    protocols.settled = True

    for _ in range(6):
        protocols.failed(UnansweredError("closed"))

    assert protocols.current == "5"


@pytest.mark.parametrize("asked", ["5", "3.1.1"])
def test_a_version_that_was_asked_for_is_never_left(asked: str) -> None:
    protocols = Protocols(asked)

    for error in (UnsupportedError("no"), UnansweredError("closed"), BrokerError("away")) * 3:
        protocols.failed(error)

    assert protocols.current == asked
