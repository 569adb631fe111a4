from collections.abc import Callable
from dataclasses import dataclass, field

from edgenode import config
from edgenode.handover import EventRecord, Record, ResultRecord
from edgenode.messages import Identity, OutboxHealth
from edgenode.uplink.gaps import DropReport, Gap
from edgenode.uplink.outbox import Entry, Outbox
from edgenode.values import Result

RUN, UPLINKS_RUN = "0" * 12, "a" * 12


def result() -> ResultRecord:
    return ResultRecord("people", Result(captured_at=1.0))


def event() -> EventRecord:
    return EventRecord(plugin="words", captured_at=1.0, type="keyword", label="yes", score=0.9)


@dataclass
class Calls:
    """Counts how often it was called."""

    times: int = 0

    def __call__(self) -> None:
        self.times += 1


@dataclass
class FilledOutbox:
    """An outbox that sense fills with one run, and the callbacks it calls."""

    limits: config.Outbox = field(default_factory=config.Outbox)
    added: Calls = field(default_factory=Calls)
    ended: Calls = field(default_factory=Calls)
    seq: int = 0

    def __post_init__(self) -> None:
        self.outbox = Outbox(self.limits, UPLINKS_RUN, self.added, self.ended)
        self.outbox.open(RUN, 0)

    def add(self, *kinds: Callable[[], Record], size: int = 10) -> None:
        for kind in kinds:
            self.seq += 1
            self.outbox.add(self.seq, kind(), 0.0, size)

    def begin(self, most: int = 1000) -> list[Entry]:
        return self.outbox.begin(most)

    def done(self, entries: list[Entry]) -> None:
        self.outbox.end(done=identities(entries))

    def seqs(self, most: int = 1000) -> list[int]:
        return [entry.identity.seq for entry in self.begin(most) if not is_report(entry)]

    def gaps(self) -> set[Gap]:
        """Deliver all there is; return what its reports explain."""
        found = self.begin()
        self.done(found)
        return {entry.message.gap for entry in found if isinstance(entry.message, DropReport)}


def identities(entries: list[Entry]) -> list[Identity]:
    return [entry.identity for entry in entries]


def is_report(entry: Entry) -> bool:
    return isinstance(entry.message, DropReport)


def limited(**limits: float) -> FilledOutbox:
    return FilledOutbox(config.Outbox(**limits))


def test_results_and_events_leave_in_the_order_they_came() -> None:
    box = FilledOutbox()
    box.add(result, event, result, event)

    assert box.seqs(3) == [1, 2, 3]
    assert box.seqs(3) == [4]
    assert box.added.times == 4


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


def test_a_finding_larger_than_the_outbox_is_dropped_and_nothing_else() -> None:
    box = limited(bytes=10_000)
    box.add(result)

    box.add(event, size=10_001)

    assert box.seqs() == [1]
    assert box.outbox.health().dropped == 1
