from edgenode.uplink.suspects import Suspects


def test_what_was_in_flight_when_the_broker_closed_is_suspected_until_it_is_answered() -> None:
    suspects = Suspects()

    given_up = suspects.closed([1, 2, "e/n1/meta"])
    suspects.answered(1)

    assert given_up == []
    assert (1 in suspects, 2 in suspects, "e/n1/meta" in suspects) == (False, True, True)


def test_one_with_which_the_broker_closes_three_times_alone_is_given_up() -> None:
    suspects = Suspects()
    suspects.closed([1, 2])

    given_up = [suspects.closed([2]) for _ in range(3)]

    assert given_up == [[], [], [2]]
    assert 1 in suspects
    assert 2 not in suspects


def test_one_that_is_never_alone_is_never_given_up() -> None:
    suspects = Suspects()

    given_up = [suspects.closed([1, 2]) for _ in range(10)]

    assert given_up == [[]] * 10


def test_an_answer_forgives_all() -> None:
    suspects = Suspects()
    suspects.closed([1])
    suspects.closed([1])
    suspects.answered(1)

    assert suspects.closed([1]) == []
