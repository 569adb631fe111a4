"""What the outbox drops, and how it reports that."""

from collections.abc import Callable

from edgenode.messages import Identity
from edgenode.uplink.gaps import DropReport, Gap
from tests.uplink.outboxes import RUN, UPLINKS_RUN, FilledOutbox, event, identities, limited, result


def test_a_full_outbox_drops_the_oldest_results_before_any_event() -> None:
    box = limited(messages=10)

    box.add(*[result, event] * 8)

    assert box.seqs() == [2, 4, 6, 8, 10, 12, 13, 14, 15, 16]
    assert box.outbox.health().dropped == 6


def test_events_go_when_there_are_no_results_left() -> None:
    box = limited(messages=10)

    box.add(*[event] * 9, result, event, event)

    assert box.seqs() == [2, 3, 4, 5, 6, 7, 8, 9, 11, 12]


def test_bytes_are_bounded_too() -> None:
    box = limited(bytes=10_000)

    box.add(*[result] * 5, size=3000)

    assert box.outbox.health().bytes == 9000
    assert box.seqs() == [3, 4, 5]


def test_what_is_in_flight_is_never_dropped() -> None:
    box = limited(messages=10)
    box.add(*[result] * 10)
    in_flight = box.begin(10)

    box.add(event, result)
    box.done(in_flight)

    assert box.gaps() == {Gap(RUN, "overflow", ((11, 12),))}


def test_what_was_dropped_is_reported_once_and_before_all_that_waits() -> None:
    box = limited(messages=10)
    box.add(*[result] * 4, event, *[result] * 10)

    report, first = box.begin(2)
    box.done([report, first])

    assert isinstance(report.message, DropReport)
    assert report.message.gap == Gap(RUN, "overflow", ((1, 4), (6, 6)))
    assert first.identity == Identity(RUN, 5)
    assert box.gaps() == set()


def test_nothing_beyond_a_gap_is_kept_before_its_report_has_arrived() -> None:
    box = FilledOutbox()
    box.add(result, result, result)
    first, second, third = box.begin(3)
    box.outbox.end(done=identities([first, third]), refused=[second.identity])
    before = box.outbox.kept()

    (report,) = box.begin()
    in_flight = box.outbox.kept()
    box.done([report])

    assert (before, in_flight, box.outbox.kept()) == (1, 1, 3)
    assert report.identity == Identity(UPLINKS_RUN, 1)


def test_a_number_that_sense_left_out_is_reported_and_comes_too_late_afterwards() -> None:
    box = FilledOutbox()
    box.outbox.add(1, result(), 0.0, 10)
    box.outbox.add(4, result(), 0.0, 10)

    late = box.outbox.add(2, result(), 0.0, 10)

    assert not late
    assert box.gaps() == {Gap(RUN, "overflow", ((2, 3),))}
    assert box.outbox.kept() == 4


def test_what_waits_too_long_expires_by_its_class(until: Callable[..., None]) -> None:
    box = limited(result_ttl_s=0.02, event_ttl_s=60)
    box.add(result, event, result)

    def gone() -> bool:
        box.outbox.expire()
        return box.outbox.health().dropped == 2

    until(gone)

    assert box.gaps() == {Gap(RUN, "expired", ((1, 1), (3, 3)))}
    assert box.outbox.kept() == 3


def test_a_report_whose_connection_ends_comes_again_and_is_never_pushed_out() -> None:
    box = limited(messages=10)
    box.add(result)
    box.outbox.end(refused=identities(box.begin(1)))
    (report,) = box.begin(1)

    box.outbox.disconnected()
    box.add(*[event] * 12)
    (again, *_) = box.begin()

    assert again == report


def test_a_report_that_is_refused_is_not_reported_again() -> None:
    box = FilledOutbox()
    box.add(result)
    box.outbox.end(refused=identities(box.begin(1)))
    (report,) = box.begin(1)

    box.outbox.end(refused=[report.identity])

    assert box.gaps() == set()
    assert box.outbox.kept() == 1
    assert box.outbox.health().dropped == 2


def test_a_finding_larger_than_the_outbox_is_dropped_and_nothing_else() -> None:
    box = limited(bytes=10_000)
    box.add(result)

    box.add(event, size=10_001)

    assert box.seqs() == [1]
    assert box.outbox.health().dropped == 1
