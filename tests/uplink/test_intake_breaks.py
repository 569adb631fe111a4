"""The handover's server when a sense breaks off, is replaced or does not read; and its socket."""

import contextlib
import socket
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from edgenode.errors import ConfigError
from edgenode.handover import (
    MAX_FRAME,
    Hello,
    Inventory,
    Offer,
    PluginVitals,
    ResultRecord,
    Vitals,
    frame,
)
from edgenode.uplink import intake as intake_module

if TYPE_CHECKING:
    from tests.uplink.conftest import Desk

DeskAt: TypeAlias = Callable[..., "Desk"]
Make: TypeAlias = Callable[..., ResultRecord]
Connect: TypeAlias = Callable[..., Any]
Mouths: TypeAlias = Callable[[int], list[socket.socket]]


@pytest.fixture
def mouths() -> Iterator[Mouths]:
    """Return a function that makes that many sockets, for senses that do not wait for answers."""
    with contextlib.ExitStack() as ends:

        def make(count: int) -> list[socket.socket]:
            made = [socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) for _ in range(count)]
            return [ends.enter_context(one) for one in made]

        yield make


def test_an_offer_before_the_greeting_is_not_taken(
    desk: "Desk", path: Path, finding: Make, until: Callable[..., None]
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.connect(str(path))
        connection.sendall(frame(Offer(1, finding())))
        until(lambda: desk.reception.rejected == 1)

    assert desk.waiting() == 0


def test_a_frame_beyond_all_measure_ends_the_connection_only(
    desk: "Desk", path: Path, sense: Connect, finding: Make
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(10)
        connection.connect(str(path))
        connection.sendall((MAX_FRAME + 1).to_bytes(4, "big"))
        assert connection.recv(1) == b""

    mouth = sense()
    mouth.offer(1, finding())

    assert len(mouth.accepted()) == 1


def test_a_newer_sense_replaces_the_older(desk: "Desk", sense: Connect, finding: Make) -> None:
    older = sense(start="1" * 12)

    newer = sense(start="2" * 12)
    newer.offer(1, finding())

    assert len(newer.accepted()) == 1
    with pytest.raises(AssertionError):
        older.hear()


def test_the_last_words_of_a_sense_that_is_gone_before_it_could_be_answered_are_heard(
    desk: "Desk", mouths: Mouths, until: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    fates = Vitals(plugins={"light": PluginVitals(fate="device-error", error="no such file")})
    (mouth,) = mouths(1)

    def meanwhile(_: Inventory) -> None:
        mouth.sendall(frame(fates))
        mouth.close()

    # Called when the greeting is heard and not answered yet.
    monkeypatch.setattr(desk, "inventory", meanwhile)
    mouth.connect(str(desk.path))
    mouth.sendall(frame(Hello("1" * 12, Inventory())))

    until(lambda: desk.news == [fates])


def test_all_that_the_older_sense_has_said_is_heard_before_the_newer(
    desk: "Desk",
    mouths: Mouths,
    finding: Make,
    until: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    older, newer = mouths(2)
    more_than_one_reading = b"".join(frame(Offer(n, finding())) for n in range(1, 401))

    def meanwhile(_: Vitals) -> None:
        older.sendall(more_than_one_reading)
        newer.connect(str(desk.path))
        newer.sendall(frame(Hello("2" * 12, Inventory())))

    monkeypatch.setattr(desk, "vitals", meanwhile)
    older.connect(str(desk.path))
    older.sendall(frame(Hello("1" * 12, Inventory())) + frame(Vitals(plugins={})))

    until(lambda: len(desk.inventories) == 2)
    assert desk.waiting() == 400


def test_what_a_sense_has_said_before_it_ended_is_heard_though_the_uplink_is_to_end_too(
    desk: "Desk", mouths: Mouths, until: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    fates = Vitals(plugins={"light": PluginVitals(fate="device-error", error="no such file")})
    busy, mouth = mouths(2)
    begun, may = threading.Event(), threading.Event()

    def meanwhile(_: Inventory) -> None:
        begun.set()
        assert may.wait(10)

    monkeypatch.setattr(desk, "inventory", meanwhile)
    busy.connect(str(desk.path))
    busy.sendall(frame(Hello("1" * 12, Inventory())))
    assert begun.wait(10)

    # It is not even let in when the uplink is asked to end.
    mouth.connect(str(desk.path))
    mouth.sendall(frame(Hello("2" * 12, Inventory())) + frame(fates))
    mouth.close()
    ending = threading.Thread(target=desk.intake.hush)
    ending.start()
    until(lambda: desk.intake.ending)
    may.set()
    ending.join()

    assert desk.news == [fates]


def test_the_findings_of_a_sense_that_has_died_wait_for_the_broker_before_the_uplink_ends(
    desk: "Desk", mouths: Mouths, finding: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    (mouth,) = mouths(1)
    died = threading.Event()
    end = desk.intake._end

    def ended() -> None:
        end()
        died.set()

    def meanwhile(_: Inventory) -> None:
        mouth.sendall(frame(Offer(1, finding())))
        mouth.close()

    monkeypatch.setattr(desk.intake, "_end", ended)
    monkeypatch.setattr(desk, "inventory", meanwhile)
    mouth.connect(str(desk.path))
    mouth.sendall(frame(Hello("1" * 12, Inventory())))
    assert died.wait(10)

    desk.intake.hush()

    assert desk.waiting() == 1


def test_a_sense_that_speaks_on_is_not_heard_for_ever_by_an_uplink_that_is_to_end(
    desk: "Desk", mouths: Mouths, monkeypatch: pytest.MonkeyPatch
) -> None:
    (mouth,) = mouths(1)
    monkeypatch.setattr(intake_module, "HUSH_S", 0.1)

    def again(vitals: Vitals) -> None:
        mouth.sendall(frame(vitals))

    monkeypatch.setattr(desk, "vitals", again)
    mouth.connect(str(desk.path))
    mouth.sendall(frame(Hello("1" * 12, Inventory())) + frame(Vitals(plugins={})))
    desk.intake.hush()
    desk.intake.stop()

    assert not desk.intake.alive


def test_a_sense_that_does_not_read_blocks_nobody_and_loses_nothing(
    desk: "Desk", sense: Connect, finding: Make, until: Callable[..., None]
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
    desk: "Desk", sense: Connect, finding: Make, until: Callable[..., None]
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
    desk: "Desk",
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

    until(lambda: not desk.intake.connected and not desk.reception.untold)

    assert [entry.identity.seq for entry in desk.outbox.take(9999)] == list(range(1, 6001))


def test_the_socket_is_for_owner_and_group_and_goes_with_the_uplink(
    path: Path, desk_at: DeskAt
) -> None:
    path.parent.mkdir()
    path.write_text("left over by an uplink that was killed")
    desk = desk_at(path)

    desk.intake.start()
    mode = path.stat().st_mode
    desk.intake.stop()

    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) == 0o660
    assert not path.exists()


def test_a_second_uplink_at_the_same_socket_is_told_so(
    desk: "Desk", path: Path, desk_at: DeskAt
) -> None:
    second = desk_at(path)

    with pytest.raises(ConfigError, match="another uplink listens there"):
        second.intake.start()

    assert desk.intake.alive


def test_a_socket_that_cannot_be_is_a_fault_of_the_configuration(
    tmp_path: Path, desk_at: DeskAt
) -> None:
    (tmp_path / "file").write_text("")

    for wrong in (tmp_path / "file" / "handover.sock", tmp_path / ("x" * 120)):
        with pytest.raises(ConfigError, match=r"handover\.socket = "):
            desk_at(wrong).intake.start()
