from collections.abc import Callable

from edgenode import config
from edgenode.messages import Identity, OutboxHealth
from edgenode.uplink.gaps import Gap
from edgenode.uplink.outbox import Entry, MemoryOutbox

RUN = "0" * 12


class Box:
    """An outbox, and what it said."""

    def __init__(self, **limits: float) -> None:
        self.settled: list[int] = []
        self.stirs = 0
        self.outbox = MemoryOutbox(config.Outbox(**limits), self._settle, self._stir)
        self._seq = 0

    def put(self, *kinds: str, size: int = 10) -> None:
        for kind in kinds:
            self._seq += 1
            self.outbox.put(
                Entry(
                    topic=f"t/{kind}",
                    payload=b"x" * size,
                    event=kind == "event",
                    identity=Identity(RUN, self._seq),
                    captured_at=0.0,
                    number=self._seq,
                )
            )

    def take(self, most: int = 1000) -> list[int]:
        return [entry.identity.seq for entry in self.outbox.take(most)]

    def _settle(self, entry: Entry) -> None:
        self.settled.append(entry.number)

    def _stir(self) -> None:
        self.stirs += 1


def test_results_and_events_leave_in_the_order_they_came() -> None:
    box = Box()
    box.put("result", "event", "result", "event")

    assert box.take(3) == [1, 2, 3]
    assert box.take(3) == [4]
    assert box.stirs == 4


def test_what_is_acknowledged_is_settled_once() -> None:
    box = Box()
    box.put("result")
    (entry,) = box.outbox.take(1)

    box.outbox.acknowledge(entry)
    box.outbox.acknowledge(entry)

    assert box.settled == [1]
    assert box.outbox.figures() == OutboxHealth()


def test_what_was_under_way_waits_again_in_order_and_is_counted_when_it_leaves_again() -> None:
    box = Box()
    box.put("result", "event", "result", "result")
    first, second, third = box.outbox.take(3)
    for entry in (first, second, third):
        entry.left = True
    box.outbox.acknowledge(second)

    box.outbox.give_back()

    assert box.take() == [1, 3, 4]
    assert box.outbox.figures().resent == 2


def test_an_acknowledgement_from_a_connection_that_is_gone_is_ignored() -> None:
    box = Box()
    box.put("result")
    (entry,) = box.outbox.take(1)
    box.outbox.give_back()

    box.outbox.acknowledge(entry)

    assert box.settled == []
    assert box.take() == [1]


def test_a_full_outbox_drops_the_oldest_results_before_any_event() -> None:
    box = Box(messages=10)

    box.put(*["result", "event"] * 8)

    assert box.take() == [2, 4, 6, 8, 10, 12, 13, 14, 15, 16]
    assert box.settled == [1, 3, 5, 7, 9, 11]


def test_events_go_when_there_are_no_results_left() -> None:
    box = Box(messages=10)

    box.put(*["event"] * 9, "result", "event", "event")

    assert box.settled == [10, 1]
    assert box.take() == [2, 3, 4, 5, 6, 7, 8, 9, 11, 12]


def test_bytes_are_bounded_too() -> None:
    box = Box(bytes=10_000)

    box.put(*["result"] * 5, size=3000)

    assert box.settled == [1, 2]
    assert box.outbox.figures().bytes == 9000


def test_what_is_larger_than_the_outbox_goes_at_once() -> None:
    box = Box(bytes=10_000)

    box.put("event", size=10_001)

    assert box.settled == [1]
    assert box.outbox.figures().messages == 0


def test_what_is_under_way_is_never_dropped() -> None:
    box = Box(messages=10)
    box.put(*["result"] * 10)
    taken = box.outbox.take(10)

    box.put("event", "result")

    assert box.settled == [11, 12]
    for entry in taken:
        box.outbox.acknowledge(entry)
    assert box.settled == [11, 12, *range(1, 11)]


def test_drops_are_counted_and_remembered_as_ranges() -> None:
    box = Box(messages=10)
    box.put(*["result"] * 4, "event", *["result"] * 10)
    assert box.outbox.gap() is None, "a full outbox has no room for a report"

    first = box.outbox.take(10)[0]
    box.outbox.acknowledge(first)

    assert first.identity.seq == 5
    assert box.outbox.gap() == Gap(RUN, "overflow", ((1, 4), (6, 6)))
    assert box.outbox.gap() is None
    assert box.outbox.figures().dropped == 5


def test_a_refused_message_is_dropped_and_remembered() -> None:
    box = Box()
    box.put("result")
    (entry,) = box.outbox.take(1)

    box.outbox.refuse(entry)

    assert box.settled == [1]
    assert box.outbox.gap() == Gap(RUN, "refused", ((1, 1),))


def test_what_waits_too_long_expires_by_its_class(until: Callable[..., None]) -> None:
    box = Box(result_ttl_s=0.02, event_ttl_s=60)
    box.put("result", "event", "result")

    def gone() -> bool:
        box.outbox.expire()
        return box.settled == [1, 3]

    until(gone)

    assert box.take() == [2]
    assert box.outbox.gap() == Gap(RUN, "expired", ((1, 1), (3, 3)))


def test_a_report_that_is_dropped_gives_back_what_it_explains() -> None:
    box = Box(messages=10)
    report = Entry(
        topic="t/_outbox",
        payload=b"{}",
        event=True,
        identity=Identity(RUN, 100),
        captured_at=0.0,
        explains=Gap(RUN, "expired", ((1, 9),)),
    )
    box.outbox.put(report)

    box.put(*["event"] * 10)

    box.outbox.acknowledge(box.outbox.take(1)[0])
    assert {box.outbox.gap(), box.outbox.gap()} == {
        Gap(RUN, "overflow", ((100, 100),)),
        Gap(RUN, "expired", ((1, 9),)),
    }


def test_a_report_that_is_refused_is_not_reported_again() -> None:
    box = Box()
    gap = Gap(RUN, "refused", ((1, 1),))
    box.outbox.put(
        Entry(
            topic="t/_outbox",
            payload=b"{}",
            event=True,
            identity=Identity(RUN, 2),
            captured_at=0.0,
            explains=gap,
        )
    )
    (entry,) = box.outbox.take(1)

    box.outbox.refuse(entry)

    assert box.outbox.gap() is None
    assert box.outbox.figures().dropped == 1
