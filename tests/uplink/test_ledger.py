import pytest

from edgenode.messages import Identity
from edgenode.uplink.ledger import Identities, Ledger

RUN, EARLIER = "0" * 12, "1" * 12
START, NEXT = "a" * 12, "b" * 12


@pytest.fixture
def ledger() -> Ledger:
    one = Ledger(Identities(RUN))
    one.begin(START)
    return one


def test_identities_count_from_one_without_gaps(ledger: Ledger) -> None:
    given = [ledger.accept(number, None) for number in (1, 2, 5)]

    assert given == [Identity(RUN, seq) for seq in (1, 2, 3)]
    assert ledger.accepted == 5


def test_an_identity_of_an_earlier_run_is_kept_and_costs_none_of_ours(ledger: Ledger) -> None:
    kept = ledger.accept(1, Identity(EARLIER, 77))
    ours = ledger.accept(2, None)

    assert kept == Identity(EARLIER, 77)
    assert ours == Identity(RUN, 1)


def test_an_accepted_offer_is_known_until_a_new_start(ledger: Ledger) -> None:
    ledger.accept(1, None)

    assert ledger.known(1)
    assert ledger.identity(1) == Identity(RUN, 1)
    ledger.begin(START)
    assert ledger.known(1)
    ledger.begin(NEXT)
    assert not ledger.known(1)


def test_a_settled_offer_is_known_but_open_no_more(ledger: Ledger) -> None:
    ledger.accept(1, None)

    assert ledger.settle(START, 1)

    assert ledger.known(1)
    assert ledger.identity(1) is None
    assert not ledger.settle(START, 1)


def test_nobody_waits_for_what_an_earlier_start_has_offered(ledger: Ledger) -> None:
    ledger.accept(1, None)
    ledger.begin(NEXT)
    ledger.accept(1, None)

    assert not ledger.settle(START, 1)
    assert ledger.settle(NEXT, 1)


def test_a_rejected_offer_is_known_and_has_no_identity(ledger: Ledger) -> None:
    ledger.reject(4)

    assert ledger.known(4)
    assert ledger.identity(4) is None
    assert ledger.accept(5, None) == Identity(RUN, 1)
