"""What becomes of what sense sends, over the real socket; no broker that would take it."""

import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from edgenode.handover.protocol import (
    EventRecord,
    Hello,
    Inventory,
    Kept,
    Offer,
    PluginSnapshot,
    ResultRecord,
    SenseSnapshot,
    Welcome,
    packet,
)
from edgenode.messages import Identity
from edgenode.uplink.acceptance import Acceptance

if TYPE_CHECKING:
    from tests.uplink.conftest import UplinkWithoutBroker

RUN = "0123456789ab"
Make: TypeAlias = Callable[..., ResultRecord]
Connect: TypeAlias = Callable[..., Any]
Until: TypeAlias = Callable[..., None]


def test_whoever_publishes_is_told_of_what_has_come_and_not_of_what_was_here_before(
    uplink: "UplinkWithoutBroker", finding: Make
) -> None:
    told: list[int] = []
    acceptance = Acceptance(
        uplink.outbox, uplink.telemetry, added=lambda: told.append(uplink.waiting())
    )
    offers = [Hello(run=RUN), Offer(1, finding()), Offer(1, finding()), Offer(2, finding())]

    for message in offers:
        acceptance.receive(packet(message)[4:])

    assert told == [1, 2]


def test_an_offer_waits_in_the_outbox_under_the_identity_that_sense_gave_it(
    uplink: "UplinkWithoutBroker", sense: Connect, finding: Make, until: Until
) -> None:
    one = sense()

    one.offer(1, finding())
    until(lambda: uplink.waiting() == 1)

    assert one.welcome == Welcome(0)
    (entry,) = uplink.outbox.begin(9)
    assert entry.identity == Identity(RUN, 1)
    assert entry.message.plugin == "people"
    assert [record.plugin for record in uplink.telemetry.results] == ["people"]


def test_kept_is_sent_up_to_the_first_finding_that_has_not_arrived(
    uplink: "UplinkWithoutBroker", sense: Connect, finding: Make, until: Until
) -> None:
    one = sense()
    for seq in (1, 2, 3):
        one.offer(seq, finding())
    until(lambda: uplink.waiting() == 3)
    first, second, third = (entry.identity for entry in uplink.outbox.begin(3))

    uplink.outbox.end(done=[first, third])
    after_two = one.receive()
    uplink.outbox.end(done=[second])
    after_all = one.receive()

    assert (after_two, after_all) == (Kept(1), Kept(3))


def test_what_is_dropped_is_kept_once_its_report_has_arrived(
    uplink: "UplinkWithoutBroker", sense: Connect, finding: Make, until: Until
) -> None:
    one = sense()
    one.offer(1, finding())
    until(lambda: uplink.waiting() == 1)
    (entry,) = uplink.outbox.begin(1)

    uplink.outbox.end(refused=[entry.identity])
    before = uplink.outbox.kept()
    uplink.deliver(1)

    assert before == 0
    assert one.receive() == Kept(1)


def test_an_event_is_distinguished_from_a_result(
    uplink: "UplinkWithoutBroker", sense: Connect, until: Until
) -> None:
    one = sense()
    event = EventRecord(plugin="words", captured_at=1.0, type="keyword", label="yes", score=0.9)

    one.offer(1, event)
    until(lambda: uplink.waiting() == 1)

    (entry,) = uplink.outbox.begin(1)
    assert entry.event
    assert entry.message == event


def test_what_is_sent_again_after_a_break_is_accepted_once(
    uplink: "UplinkWithoutBroker", sense: Connect, finding: Make, until: Until
) -> None:
    before = sense()
    for seq in (1, 2, 3):
        before.offer(seq, finding())
    until(lambda: uplink.waiting() == 3)
    before.close()
    until(lambda: not uplink.receiver.connected)
    uplink.deliver(1)

    after = sense()
    for seq in (2, 3, 4):
        after.offer(seq, finding())

    assert after.welcome == Welcome(1)
    until(lambda: uplink.waiting() == 3)
    assert [entry.identity.seq for entry in uplink.deliver(9)] == [2, 3, 4]
    assert after.kept(4) == 4
    assert len(uplink.telemetry.results) == 4


def test_a_new_run_of_sense_counts_from_one_again(
    uplink: "UplinkWithoutBroker", sense: Connect, finding: Make, until: Until
) -> None:
    sense(run="1" * 12).offer(1, finding())
    until(lambda: uplink.waiting() == 1)

    another = sense(run="2" * 12)
    another.offer(1, finding())

    assert another.welcome == Welcome(0)
    until(lambda: uplink.waiting() == 2)
    entries = uplink.deliver(2)
    assert [entry.identity for entry in entries] == [Identity("1" * 12, 1), Identity("2" * 12, 1)]
    assert another.kept(1) == 1


def test_a_new_uplink_is_told_what_was_kept_and_takes_the_rest_for_new(
    uplink: "UplinkWithoutBroker", sense: Connect, finding: Make, until: Until
) -> None:
    one = sense(kept=41)

    one.offer(42, finding())
    until(lambda: uplink.waiting() == 1)

    assert one.welcome == Welcome(41)
    uplink.deliver(1)
    assert one.kept(42) == 42
    assert uplink.outbox.health().dropped == 0


def test_a_number_that_is_left_out_was_dropped_by_sense_and_is_reported(
    uplink: "UplinkWithoutBroker", sense: Connect, finding: Make, until: Until
) -> None:
    one = sense()

    one.offer(1, finding())
    one.offer(5, finding())
    until(lambda: uplink.waiting() == 2)
    report, first, _ = uplink.deliver(9)

    assert first.identity.seq == 1
    assert report.message.gap.ranges == ((2, 4),)
    assert (report.message.gap.of, report.message.gap.reason) == (RUN, "overflow")
    assert one.kept(5) == 5
    assert uplink.outbox.health().dropped == 3


def test_a_rejected_offer_is_counted_and_reported_and_the_connection_goes_on(
    uplink: "UplinkWithoutBroker",
    sense: Connect,
    finding: Make,
    until: Until,
    caplog: pytest.LogCaptureFixture,
) -> None:
    one = sense()

    one.send_raw(b"\xc1")
    one.send_raw(packet(Offer(1, finding(plugin="Not A Name")))[4:])
    one.send_raw(packet(Offer(2, finding(plugin="not/a/name")))[4:])
    one.offer(3, finding())
    until(lambda: uplink.waiting() == 1)
    report = uplink.deliver(9)[0]

    assert (report.message.gap.reason, report.message.gap.ranges) == ("refused", ((1, 2),))
    assert one.kept(3) == 3
    assert uplink.telemetry.totals.rejected == 3
    assert len([entry for entry in caplog.records if "rejects" in entry.getMessage()]) == 1


def test_a_wrong_inventory_does_not_hold_findings_back(
    uplink: "UplinkWithoutBroker", sense: Connect, finding: Make, until: Until
) -> None:
    one = sense(inventory=Inventory(cfg_hash="x" * 600))

    one.offer(1, finding())
    until(lambda: uplink.waiting() == 1)

    assert uplink.telemetry.totals.rejected == 1
    assert uplink.telemetry.inventories == []


def test_snapshots_and_inventories_reach_the_telemetry(
    uplink: "UplinkWithoutBroker", sense: Connect, until: Until
) -> None:
    one = sense()
    snapshot = SenseSnapshot(plugins={"people": PluginSnapshot(fate="running")})

    one.send(snapshot)
    one.send(Inventory(cfg_hash="new"))
    until(lambda: len(uplink.telemetry.inventories) == 2)

    assert uplink.telemetry.snapshots == [snapshot]
    assert [inventory.cfg_hash for inventory in uplink.telemetry.inventories] == ["abc", "new"]


def test_a_connection_without_a_hello_has_no_run_though_one_before_had(
    uplink: "UplinkWithoutBroker", sense: Connect, finding: Make, until: Until
) -> None:
    sense().close()
    until(lambda: not uplink.receiver.connected)

    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as stranger:
        stranger.connect(str(uplink.path))
        stranger.sendall(packet(Offer(1, finding())))
        until(lambda: uplink.telemetry.totals.rejected == 1)

    assert uplink.waiting() == 0
