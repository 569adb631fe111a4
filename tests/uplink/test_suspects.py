from edgenode.messages import Identity
from edgenode.uplink.flight import Flight, Sent
from edgenode.uplink.suspects import Suspects

FIRST, SECOND, THIRD = (Identity("0" * 12, seq) for seq in (1, 2, 3))


def at(*all_sent: Sent, topic: str = "e/n1/result/a") -> dict[Sent, str]:
    return dict.fromkeys(all_sent, topic)


def test_what_was_in_flight_when_the_broker_closed_is_suspected_until_it_is_answered() -> None:
    suspects = Suspects()

    given_up = suspects.closed(at(FIRST, SECOND, "e/n1/meta"))
    suspects.answered(FIRST, "e/n1/result/a")

    assert given_up == []
    assert (FIRST in suspects, SECOND in suspects, "e/n1/meta" in suspects) == (False, True, True)


def test_one_with_which_the_broker_closes_three_times_alone_is_given_up() -> None:
    suspects = Suspects()
    suspects.closed(at(FIRST, SECOND))

    given_up = [suspects.closed(at(SECOND)) for _ in range(3)]

    assert given_up == [[], [], [SECOND]]
    assert FIRST in suspects
    assert SECOND not in suspects


def test_one_that_is_never_alone_is_never_given_up() -> None:
    suspects = Suspects()

    given_up = [suspects.closed(at(FIRST, SECOND)) for _ in range(10)]

    assert given_up == [[]] * 10


def test_an_answer_forgives_all() -> None:
    suspects = Suspects()
    suspects.closed(at(FIRST))
    suspects.closed(at(FIRST))
    suspects.answered(FIRST, "e/n1/result/a")

    assert suspects.closed(at(FIRST)) == []


def test_a_topic_of_which_two_are_given_up_in_a_row_is_denied() -> None:
    suspects = Suspects()

    first = [suspects.closed(at(FIRST)) for _ in range(3)]
    denied_after_one = suspects.denies("e/n1/result/a")
    second = [suspects.closed(at(SECOND)) for _ in range(2)]

    assert (first, second) == ([[], [], [FIRST]], [[], [SECOND]])
    assert not denied_after_one
    assert suspects.denies("e/n1/result/a")
    assert not suspects.denies("e/n1/result/b")


def test_a_topic_on_which_something_arrives_between_is_not_denied() -> None:
    suspects = Suspects()

    for sent in (FIRST, THIRD):
        for _ in range(3):
            suspects.closed(at(sent))
        suspects.answered(SECOND, "e/n1/result/a")

    assert not suspects.denies("e/n1/result/a")


def test_an_answer_proves_what_was_published_at_qos_0_before_it_and_nothing_behind() -> None:
    flight = Flight()
    flight.add_unanswerable("e/n1/health")
    flight.add(1, FIRST, "e/n1/event/a")
    flight.add_unanswerable("e/n1/result/a")
    flight.add(2, SECOND, "e/n1/event/a")

    before = flight.unproven
    flight.answered(1)

    assert before == {"e/n1/health", "e/n1/result/a"}
    assert flight.unproven == {"e/n1/result/a"}
    assert flight.sendings == {SECOND: "e/n1/event/a"}
