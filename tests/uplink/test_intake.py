"""The handover's server spoken to by hand; no broker, so nothing settles by itself."""

import socket
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from edgenode import config
from edgenode.errors import ConfigError
from edgenode.handover import (
    MAX_FRAME,
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
from edgenode.uplink import intake as intake_module
from edgenode.uplink.intake import Intake
from edgenode.uplink.ledger import Identities, Ledger
from edgenode.uplink.outbox import Entry, MemoryOutbox
from edgenode.uplink.reception import Reception
from edgenode.uplink.topics import Topics

RUN, EARLIER = "a" * 12, "b" * 12
Make: TypeAlias = Callable[..., ResultRecord]
Connect: TypeAlias = Callable[..., Any]


class Desk:
    """An intake with all that is behind it, but no broker."""

    def __init__(self, path: Path, **limits: float) -> None:
        self.inventories: list[Inventory] = []
        self.news: list[Vitals] = []
        self.results: list[ResultRecord] = []
        self.outbox = MemoryOutbox(config.Outbox(**limits), self._settle, lambda: None)
        ledger = Ledger(Identities(RUN))
        self.reception = Reception(ledger, self.outbox, Topics("e", "n1"), self)
        self.intake = Intake(str(path), self.reception)

    def inventory(self, inventory: Inventory) -> None:
        self.inventories.append(inventory)

    def vitals(self, vitals: Vitals) -> None:
        self.news.append(vitals)

    def result(self, record: ResultRecord) -> None:
        self.results.append(record)

    def _settle(self, entry: Entry) -> None:
        self.intake.settle(entry)

    def waiting(self) -> int:
        return self.outbox.figures().messages

    def acknowledge(self, most: int) -> list[Entry]:
        entries = self.outbox.take(most)
        for entry in entries:
            self.outbox.acknowledge(entry)
        return entries


@pytest.fixture
def desk(path: Path) -> Iterator[Desk]:
    one = Desk(path)
    one.intake.start()
    yield one
    one.intake.stop()


def test_an_offer_is_accepted_and_waits_in_the_outbox(
    desk: Desk, sense: Connect, finding: Make, until: Callable[..., None]
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
    desk: Desk, sense: Connect, finding: Make, until: Callable[..., None]
) -> None:
    mouth = sense()
    for number in (1, 2):
        mouth.offer(number, finding())
    until(lambda: desk.waiting() == 2)

    first, second = desk.outbox.take(2)
    desk.outbox.refuse(second)
    desk.outbox.acknowledge(first)

    assert mouth.settled(2) == [2, 1]


def test_an_event_goes_its_own_way(desk: Desk, sense: Connect, until: Callable[..., None]) -> None:
    mouth = sense()
    event = EventRecord(plugin="words", captured_at=1.0, type="keyword", label="yes", score=0.9)

    mouth.offer(1, event)
    until(lambda: desk.waiting() == 1)

    (entry,) = desk.outbox.take(1)
    assert entry.event
    assert entry.topic == "e/n1/event/words"
    assert entry.captured_at == 1.0


def test_what_is_offered_again_after_a_break_is_accepted_once(
    desk: Desk, sense: Connect, finding: Make, until: Callable[..., None]
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
    desk: Desk, sense: Connect, finding: Make, until: Callable[..., None]
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


def test_an_identity_of_an_earlier_run_is_kept(desk: Desk, sense: Connect, finding: Make) -> None:
    mouth = sense()

    mouth.offer(1, finding(), Identity(EARLIER, 41))
    mouth.offer(2, finding())

    assert mouth.accepted(2) == [
        Accepted(1, Identity(EARLIER, 41)),
        Accepted(2, Identity(RUN, 1)),
    ]


def test_a_rejected_offer_is_counted_and_settled_and_the_connection_goes_on(
    desk: Desk, sense: Connect, finding: Make, caplog: pytest.LogCaptureFixture
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
    desk: Desk, sense: Connect, finding: Make
) -> None:
    mouth = sense(inventory=Inventory(cfg_hash="x" * 600))

    mouth.offer(1, finding())

    assert mouth.accepted() == [Accepted(1, Identity(RUN, 1))]
    assert desk.reception.rejected == 1
    assert desk.inventories == [Inventory()]


def test_an_offer_before_the_greeting_is_not_taken(
    desk: Desk, path: Path, finding: Make, until: Callable[..., None]
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.connect(str(path))
        connection.sendall(frame(Offer(1, finding())))
        until(lambda: desk.reception.rejected == 1)

    assert desk.waiting() == 0


def test_a_frame_beyond_all_measure_ends_the_connection_only(
    desk: Desk, path: Path, sense: Connect, finding: Make
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(10)
        connection.connect(str(path))
        connection.sendall((MAX_FRAME + 1).to_bytes(4, "big"))
        assert connection.recv(1) == b""

    mouth = sense()
    mouth.offer(1, finding())

    assert len(mouth.accepted()) == 1


def test_a_newer_sense_replaces_the_older(desk: Desk, sense: Connect, finding: Make) -> None:
    older = sense(start="1" * 12)

    newer = sense(start="2" * 12)
    newer.offer(1, finding())

    assert len(newer.accepted()) == 1
    with pytest.raises(AssertionError):
        older.hear()


def test_vitals_and_inventories_reach_those_who_want_them(
    desk: Desk, sense: Connect, until: Callable[..., None]
) -> None:
    mouth = sense()
    vitals = Vitals(plugins={"people": PluginVitals(fate="running")})

    mouth.say(vitals)
    mouth.say(Inventory(cfg_hash="new"))
    until(lambda: len(desk.inventories) == 2)

    assert desk.news == [vitals]
    assert [inventory.cfg_hash for inventory in desk.inventories] == ["abc", "new"]


def test_a_sense_that_does_not_read_blocks_nobody_and_loses_nothing(
    desk: Desk, sense: Connect, finding: Make, until: Callable[..., None]
) -> None:
    mouth = sense()
    many = 6000
    turns = desk.intake.turns

    # Far more answers than the socket holds, and none is read until all is offered.
    for number in range(1, many + 1):
        mouth.offer(number, finding())
    accepted = mouth.accepted(many)

    until(lambda: desk.waiting() == many)
    assert [answer.identity.seq for answer in accepted] == list(range(1, many + 1))
    assert desk.intake.turns > turns


def test_a_finding_whose_identity_was_not_told_waits_for_its_sense(
    desk: Desk, sense: Connect, finding: Make, until: Callable[..., None]
) -> None:
    mouth = sense()
    many = 6000
    for number in range(1, many + 1):
        mouth.offer(number, finding())
    mouth.close()
    until(lambda: not desk.intake.connected)
    waiting = desk.waiting()
    assert 0 < waiting < many, "some were told, some not"

    again = sense()
    for number in range(1, many + 1):
        again.offer(number, finding())
    accepted = again.accepted(many)

    until(lambda: desk.waiting() == many)
    assert [answer.identity.seq for answer in accepted] == list(range(1, many + 1))


def test_findings_of_a_sense_that_does_not_come_back_go_their_way(
    desk: Desk,
    sense: Connect,
    finding: Make,
    until: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(intake_module, "UNTOLD_S", 0.1)
    mouth = sense()
    for number in range(1, 6001):
        mouth.offer(number, finding())
    mouth.close()

    # The last frames may have died with the connection; those that were heard have all to leave.
    until(lambda: not desk.intake.connected and not desk.reception.untold)

    heard = desk.outbox.figures().messages
    assert [entry.identity.seq for entry in desk.outbox.take(9999)] == list(range(1, heard + 1))


def test_the_socket_is_for_owner_and_group_and_goes_with_the_uplink(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("left over by an uplink that was killed")
    desk = Desk(path)

    desk.intake.start()
    mode = path.stat().st_mode
    desk.intake.stop()

    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) == 0o660
    assert not path.exists()


def test_a_second_uplink_at_the_same_socket_is_told_so(desk: Desk, path: Path) -> None:
    second = Desk(path)

    with pytest.raises(ConfigError, match="another uplink listens there"):
        second.intake.start()

    assert desk.intake.alive


def test_a_socket_that_cannot_be_is_a_fault_of_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    for wrong in (tmp_path / "file" / "handover.sock", tmp_path / ("x" * 120)):
        with pytest.raises(ConfigError, match=r"handover\.socket = "):
            Desk(wrong).intake.start()
