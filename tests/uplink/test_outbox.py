from edgenode.messages import OutboxHealth
from tests.uplink.outboxes import RUN, FilledOutbox, event, identities, limited, result


def test_results_and_events_leave_in_the_order_they_came() -> None:
    box = FilledOutbox()
    box.add(result, event, result, event)

    assert box.seqs(3) == [1, 2, 3]
    assert box.seqs(3) == [4]


def test_what_has_arrived_is_kept_and_gone() -> None:
    box = FilledOutbox()
    box.add(result)
    (entry,) = box.begin(1)
    assert box.outbox.kept() == 0

    box.done([entry])
    box.done([entry])

    assert box.outbox.kept() == 1
    assert box.outbox.health() == OutboxHealth()
    assert box.ended.times == 2


def test_what_was_in_flight_is_sent_again_in_order_and_counted() -> None:
    box = FilledOutbox()
    box.add(result, event, result, result)
    first, second, third = box.begin(3)
    box.done([second])

    box.outbox.end(keep=identities([third, first]))

    assert box.seqs() == [1, 3, 4]
    assert box.outbox.health().resent == 2


def test_what_is_sent_again_says_when_it_left_first() -> None:
    box = FilledOutbox()
    box.add(result)
    (first,) = box.outbox.begin(1)
    box.outbox.end(keep=[first.identity])

    (again,) = box.outbox.begin(1)

    assert (again.sent_at, again.step_s) == (first.sent_at, first.step_s)
    assert box.outbox.health().resent == 1


def test_an_answer_for_what_is_not_in_flight_any_more_is_passed_over() -> None:
    box = FilledOutbox()
    box.add(result)
    (entry,) = box.begin(1)
    box.outbox.end(keep=[entry.identity])

    box.done([entry])

    assert box.outbox.kept() == 0
    assert box.seqs() == [1]


def test_what_comes_again_is_no_new_finding() -> None:
    box = FilledOutbox()
    box.add(result)

    assert not box.outbox.add(1, result(), 0.0, 10)
    assert box.outbox.health().messages == 1


def test_another_run_of_sense_begins_at_one_and_the_one_before_goes_on_its_way() -> None:
    box = FilledOutbox()
    box.add(result, result)

    kept = box.outbox.open("1" * 12, 0)
    box.outbox.add(1, result(), 0.0, 10)
    found = box.begin()
    box.done(found)

    assert kept == 0
    assert [entry.identity.run for entry in found] == [RUN, RUN, "1" * 12]
    assert box.outbox.kept() == 1


def test_a_run_that_comes_back_is_told_how_far_it_is_kept() -> None:
    box = FilledOutbox()
    box.add(result, result)
    box.done(box.begin(1))

    assert box.outbox.open(RUN, 0) == 1


def test_all_that_is_in_flight_waits_again_when_the_connection_ends() -> None:
    box = limited(messages=9)
    box.add(result, event, result)
    first, *_ = box.begin(3)
    box.done([first])

    box.outbox.disconnected()

    assert box.seqs() == [2, 3]


def test_an_earlier_run_of_sense_that_still_waits_hides_nothing_from_the_new_one() -> None:
    box = FilledOutbox()
    box.add(result, event)
    box.outbox.open("1" * 12, 0)
    box.outbox.add(1, result(), 0.0, 10)
    box.outbox.add(2, event(), 0.0, 10)
    kept = []

    while found := box.begin(1):
        box.done(found)
        kept.append(box.outbox.kept())

    assert kept == [0, 0, 1, 2]
