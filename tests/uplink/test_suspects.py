from edgenode.messages import Identity
from edgenode.uplink.suspects import Suspects

FIRST, SECOND = Identity("0" * 12, 1), Identity("0" * 12, 2)


def test_what_was_in_flight_when_the_broker_closed_is_suspected_until_it_is_answered() -> None:
    suspects = Suspects()

    given_up = suspects.closed([FIRST, SECOND, "e/n1/meta"])
    suspects.answered(FIRST)

    assert given_up == []
    assert (FIRST in suspects, SECOND in suspects, "e/n1/meta" in suspects) == (False, True, True)


def test_one_with_which_the_broker_closes_three_times_alone_is_given_up() -> None:
    suspects = Suspects()
    suspects.closed([FIRST, SECOND])

    given_up = [suspects.closed([SECOND]) for _ in range(3)]

    assert given_up == [[], [], [SECOND]]
    assert FIRST in suspects
    assert SECOND not in suspects


def test_one_that_is_never_alone_is_never_given_up() -> None:
    suspects = Suspects()

    given_up = [suspects.closed([FIRST, SECOND]) for _ in range(10)]

    assert given_up == [[]] * 10


def test_an_answer_forgives_all() -> None:
    suspects = Suspects()
    suspects.closed([FIRST])
    suspects.closed([FIRST])
    suspects.answered(FIRST)

    assert suspects.closed([FIRST]) == []
