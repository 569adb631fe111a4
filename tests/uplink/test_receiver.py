"""The receiver when a sense breaks off, is replaced or does not read."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from edgenode.handover.protocol import (
    MAX_PACKET,
    Command,
    Hello,
    Inventory,
    Offer,
    PluginSnapshot,
    ResultRecord,
    SenseSnapshot,
    packet,
)
from edgenode.handover.receiver import Timing

if TYPE_CHECKING:
    from tests.uplink.conftest import UplinkWithoutBroker

UplinkAt: TypeAlias = Callable[..., "UplinkWithoutBroker"]
Make: TypeAlias = Callable[..., ResultRecord]
Connect: TypeAlias = Callable[..., Any]
Sockets: TypeAlias = Callable[[int], list[socket.socket]]
Until: TypeAlias = Callable[..., None]

GREETING = packet(Hello(run="1" * 12)) + packet(Inventory())
FATES = SenseSnapshot(plugins={"light": PluginSnapshot(fate="device-error", error="no such file")})


@pytest.fixture
def sockets() -> Iterator[Sockets]:
    """Return a function that makes that many sockets, for senses that do not wait for answers."""
    with contextlib.ExitStack() as ends:

        def make(count: int) -> list[socket.socket]:
            made = [socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) for _ in range(count)]
            return [ends.enter_context(one) for one in made]

        yield make


def test_an_offer_before_the_greeting_is_not_taken(
    uplink: "UplinkWithoutBroker", path: Path, sockets: Sockets, finding: Make, until: Until
) -> None:
    (one,) = sockets(1)
    one.connect(str(path))

    one.sendall(packet(Offer(1, finding())))
    until(lambda: uplink.telemetry.totals.rejected == 1)

    assert uplink.waiting() == 0


def test_a_packet_beyond_all_measure_ends_the_connection_only(
    uplink: "UplinkWithoutBroker", path: Path, sockets: Sockets, sense: Connect
) -> None:
    (one,) = sockets(1)
    one.settimeout(10)
    one.connect(str(path))
    one.sendall((MAX_PACKET + 1).to_bytes(4, "big"))
    assert one.recv(1) == b""

    assert sense().welcome is not None
    assert uplink.receiver.alive


def test_a_newer_sense_replaces_the_older(
    uplink: "UplinkWithoutBroker", sense: Connect, finding: Make, until: Until
) -> None:
    older = sense(run="1" * 12)

    newer = sense(run="2" * 12)
    newer.offer(1, finding())

    until(lambda: uplink.waiting() == 1)
    with pytest.raises(ConnectionResetError):
        older.receive()


def test_the_last_messages_of_a_sense_that_is_gone_before_it_could_be_answered_are_received(
    uplink: "UplinkWithoutBroker", sockets: Sockets, until: Until
) -> None:
    (one,) = sockets(1)

    def meanwhile() -> None:
        one.sendall(packet(FATES))
        one.close()

    # Called when the greeting is received and not answered yet.
    uplink.telemetry.meanwhile[Inventory] = meanwhile
    one.connect(str(uplink.path))
    one.sendall(GREETING)

    until(lambda: uplink.telemetry.snapshots == [FATES])


def test_all_that_the_older_sense_has_sent_is_received_before_the_newer(
    uplink: "UplinkWithoutBroker",
    sockets: Sockets,
    finding: Make,
    until: Until,
) -> None:
    older, newer = sockets(2)
    more_than_one_reading = b"".join(packet(Offer(n, finding())) for n in range(1, 401))

    def meanwhile() -> None:
        older.sendall(more_than_one_reading)
        newer.connect(str(uplink.path))
        newer.sendall(GREETING.replace(b"1" * 12, b"2" * 12))

    uplink.telemetry.meanwhile[SenseSnapshot] = meanwhile
    older.connect(str(uplink.path))
    older.sendall(GREETING + packet(SenseSnapshot(plugins={})))

    until(lambda: len(uplink.telemetry.inventories) == 2)
    assert uplink.waiting() == 400


def test_what_a_sense_has_sent_before_it_ended_is_received_though_the_uplink_is_to_end_too(
    uplink: "UplinkWithoutBroker", sockets: Sockets
) -> None:
    busy, late = sockets(2)
    begun, may = threading.Event(), threading.Event()

    def meanwhile() -> None:
        begun.set()
        assert may.wait(10)

    uplink.telemetry.meanwhile[Inventory] = meanwhile
    busy.connect(str(uplink.path))
    busy.sendall(GREETING)
    assert begun.wait(10)

    # It is not even let in when the uplink is asked to end.
    late.connect(str(uplink.path))
    late.sendall(GREETING + packet(FATES))
    late.close()
    draining = threading.Thread(target=uplink.receiver.drain)
    draining.start()
    may.set()
    draining.join()

    assert uplink.telemetry.snapshots == [FATES]


def test_the_findings_of_a_sense_that_has_died_are_received_before_the_uplink_ends(
    uplink: "UplinkWithoutBroker", sockets: Sockets, finding: Make, until: Until
) -> None:
    (one,) = sockets(1)
    one.connect(str(uplink.path))
    one.sendall(GREETING + packet(Offer(1, finding())))
    one.close()

    uplink.receiver.drain()

    assert uplink.waiting() == 1


def test_a_sense_that_sends_on_is_not_read_for_ever_by_an_uplink_that_is_to_end(
    path: Path, uplink_at: UplinkAt, sockets: Sockets
) -> None:
    uplink = uplink_at(path, Timing(drain_s=0.1))
    uplink.receiver.start()
    (one,) = sockets(1)

    def again() -> None:
        one.sendall(packet(SenseSnapshot(plugins={})))

    uplink.telemetry.meanwhile[SenseSnapshot] = again
    one.connect(str(path))
    one.sendall(GREETING + packet(SenseSnapshot(plugins={})))
    uplink.receiver.drain()
    uplink.receiver.stop()

    assert not uplink.receiver.alive


def test_a_sense_that_does_not_read_blocks_nobody_and_loses_nothing(
    uplink: "UplinkWithoutBroker", sense: Connect, finding: Make, until: Until
) -> None:
    one = sense()
    many = 6000

    for seq in range(1, many + 1):
        one.offer(seq, finding())
        uplink.deliver(1)
    until(lambda: uplink.deliver(16) == [] and uplink.waiting() == 0)

    assert one.kept(many) == many


def test_a_command_reaches_the_sense_that_is_there_and_nobody_else(
    uplink: "UplinkWithoutBroker", sense: Connect, until: Until
) -> None:
    command = Command(id="7", name="ping")
    to_nobody = uplink.receiver.request(command)
    one = sense()
    until(lambda: uplink.receiver.connected)

    to_sense = uplink.receiver.request(command)

    assert (to_nobody, to_sense) == (False, True)
    assert one.receive() == command
