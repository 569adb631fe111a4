"""The handover's server spoken to by hand; no broker, so nothing settles by itself."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from edgenode.handover import (
    Accepted,
    EventRecord,
    Inventory,
    Offer,
    PluginVitals,
    ResultRecord,
    Settled,
    Vitals,
    Welcome,
    frame,
)
from edgenode.messages import Identity

if TYPE_CHECKING:
    from tests.uplink.conftest import Desk

RUN, EARLIER = "a" * 12, "b" * 12
Make: TypeAlias = Callable[..., ResultRecord]
Connect: TypeAlias = Callable[..., Any]


def test_an_offer_is_accepted_and_waits_in_the_outbox(
    desk: "Desk", sense: Connect, finding: Make, until: Callable[..., None]
) -> None:
    mouth = sense()

    mouth.offer(1, finding())
    (accepted,) = mouth.accepted()
    until(lambda: desk.waiting() == 1)

    assert mouth.welcome == Welcome(0)
    assert accepted == Accepted(1, Identity(RUN, 1))
    (entry,) = desk.outbox.take(9)
    assert (entry.topic, entry.identity) == ("e/n1/result/people", Identity(RUN, 1))
    assert [record.plugin for record in desk.results] == ["people"]


def test_what_is_acknowledged_or_dropped_is_settled(
    desk: "Desk", sense: Connect, finding: Make, until: Callable[..., None]
) -> None:
    mouth = sense()
    for number in (1, 2):
        mouth.offer(number, finding())
    until(lambda: desk.waiting() == 2)

    first, second = desk.outbox.take(2)
    desk.outbox.refuse(second)
    desk.outbox.acknowledge(first)

    assert mouth.settled(2) == [2, 1]


def test_an_event_goes_its_own_way(
    desk: "Desk", sense: Connect, until: Callable[..., None]
) -> None:
    mouth = sense()
    event = EventRecord(plugin="words", captured_at=1.0, type="keyword", label="yes", score=0.9)

    mouth.offer(1, event)
    until(lambda: desk.waiting() == 1)

    (entry,) = desk.outbox.take(1)
    assert entry.event
    assert entry.topic == "e/n1/event/words"
    assert entry.captured_at == 1.0


def test_what_is_offered_again_after_a_break_is_accepted_once(
    desk: "Desk", sense: Connect, finding: Make, until: Callable[..., None]
) -> None:
    before = sense()
    for number in (1, 2, 3):
        before.offer(number, finding())
    told = before.accepted(3)
    before.close()
    until(lambda: not desk.intake.connected)
    desk.acknowledge(1)

    after = sense()
    for number in (1, 2, 3, 4):
        after.offer(number, finding())
    settled = after.hear()

    assert after.welcome == Welcome(3)
    assert settled == Settled(1)
    assert after.accepted(3) == [told[1], told[2], Accepted(4, Identity(RUN, 4))]
    until(lambda: desk.waiting() == 3)


def test_a_new_start_of_sense_counts_from_one_again(
    desk: "Desk", sense: Connect, finding: Make, until: Callable[..., None]
) -> None:
    sense(start="1" * 12).offer(1, finding())
    until(lambda: desk.waiting() == 1)

    another = sense(start="2" * 12)
    another.offer(1, finding())

    assert another.welcome == Welcome(0)
    assert another.accepted() == [Accepted(1, Identity(RUN, 2))]
    until(lambda: desk.waiting() == 2)
    desk.acknowledge(2)
    assert another.settled() == [1]


def test_an_identity_of_an_earlier_run_is_kept(desk: "Desk", sense: Connect, finding: Make) -> None:
    mouth = sense()

    mouth.offer(1, finding(), Identity(EARLIER, 41))
    mouth.offer(2, finding())

    assert mouth.accepted(2) == [
        Accepted(1, Identity(EARLIER, 41)),
        Accepted(2, Identity(RUN, 1)),
    ]


def test_a_rejected_offer_is_counted_and_settled_and_the_connection_goes_on(
    desk: "Desk", sense: Connect, finding: Make, caplog: pytest.LogCaptureFixture
) -> None:
    mouth = sense()

    mouth.say_raw(b"\xc1")
    mouth.say_raw(frame(Offer(1, finding(plugin="Not A Name")))[4:])
    mouth.say_raw(frame(Offer(2, finding(plugin="not/a/name")))[4:])
    mouth.offer(3, finding())

    assert mouth.settled(2) == [1, 2]
    assert mouth.accepted() == [Accepted(3, Identity(RUN, 1))]
    assert desk.reception.rejected == 3
    assert len([entry for entry in caplog.records if "rejects" in entry.getMessage()]) == 1


def test_a_wrong_inventory_does_not_hold_findings_back(
    desk: "Desk", sense: Connect, finding: Make
) -> None:
    mouth = sense(inventory=Inventory(cfg_hash="x" * 600))

    mouth.offer(1, finding())

    assert mouth.accepted() == [Accepted(1, Identity(RUN, 1))]
    assert desk.reception.rejected == 1
    assert desk.inventories == [Inventory()]


def test_vitals_and_inventories_reach_those_who_want_them(
    desk: "Desk", sense: Connect, until: Callable[..., None]
) -> None:
    mouth = sense()
    vitals = Vitals(plugins={"people": PluginVitals(fate="running")})

    mouth.say(vitals)
    mouth.say(Inventory(cfg_hash="new"))
    until(lambda: len(desk.inventories) == 2)

    assert desk.news == [vitals]
    assert [inventory.cfg_hash for inventory in desk.inventories] == ["abc", "new"]
