"""The sender and the backlog; the test is the uplink, one message at a time."""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Self

import numpy as np
import pytest

from edgenode.errors import ContractError
from edgenode.handover import (
    MAX_PACKET,
    Answer,
    Command,
    EventRecord,
    Hello,
    Inventory,
    Kept,
    Offer,
    PluginSnapshot,
    Record,
    Request,
    ResultRecord,
    SenseSnapshot,
    ToSense,
    ToUplink,
    Welcome,
    decode_to_uplink,
    packet,
)
from edgenode.handover.backlog import Backlog
from edgenode.handover.sender import Sender
from edgenode.handover.wire import Wire
from edgenode.messages import PluginMeta
from edgenode.values import Box, Detection, Measurement, Result


class Uplink:
    """One connection, as the uplink sees it."""

    def __init__(self, server: socket.socket) -> None:
        self._connection = server.accept()[0]
        self._wire = Wire(self._connection)
        self._connection.settimeout(10)
        self._received: list[ToUplink] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def receive(self) -> ToUplink:
        while not self._received:
            self._received += map(decode_to_uplink, self._wire.receive())
        return self._received.pop(0)

    def offers(self, count: int) -> list[Offer]:
        found: list[Offer] = []
        while len(found) < count:
            message = self.receive()
            if isinstance(message, Offer):
                found.append(message)
        return found

    def send(self, *messages: ToSense) -> None:
        self.send_raw(b"".join(map(packet, messages)))

    def send_raw(self, data: bytes) -> None:
        self._connection.sendall(data)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "handover.sock"


@contextmanager
def listening(path: Path) -> Iterator[socket.socket]:
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        server.settimeout(10)
        yield server


@contextmanager
def running(path: Path, capacity: int = 100) -> Iterator[Backlog]:
    backlog = Backlog(capacity)
    sender = Sender(path, backlog)
    sender.start()
    yield backlog
    sender.stop()


def event(label: str) -> EventRecord:
    return EventRecord(plugin="words", captured_at=1.0, type="keyword", label=label, score=0.9)


def result(at: float) -> ResultRecord:
    return ResultRecord("people", Result(captured_at=at))


def test_the_first_messages_are_hello_and_the_inventory(path: Path) -> None:
    inventory = Inventory(plugins=(PluginMeta(id="people", use="object-detection"),))

    with listening(path) as server, running(path) as backlog:
        backlog.announce(inventory)
        with Uplink(server) as uplink:
            received = [uplink.receive(), uplink.receive()]

    assert received == [Hello(run=backlog.run), inventory]


def test_findings_arrive_numbered_and_in_order_with_the_clock_of_their_capture(path: Path) -> None:
    records: list[Record] = [event("yes"), result(2.0), event("no")]

    with listening(path) as server, running(path) as backlog:
        for place, record in enumerate(records):
            backlog.add(record, 100.0 + place)
        with Uplink(server) as uplink:
            offers = uplink.offers(3)

    assert [offer.record for offer in offers] == records
    assert [offer.seq for offer in offers] == [1, 2, 3]
    assert [offer.clock for offer in offers] == [100.0, 101.0, 102.0]


def test_what_is_kept_is_forgotten_and_the_rest_is_sent_again_under_its_number(path: Path) -> None:
    with listening(path) as server, running(path) as backlog:
        for label in ("yes", "no", "up"):
            backlog.add(event(label), 0.0)
        with Uplink(server) as uplink:
            uplink.offers(3)
            uplink.send(Welcome(0), Kept(1))
        with Uplink(server) as uplink:
            hello = uplink.receive()
            again = uplink.offers(2)

    assert isinstance(hello, Hello)
    assert hello.kept == 1
    assert [(offer.seq, offer.record) for offer in again] == [(2, event("no")), (3, event("up"))]


def test_what_a_dying_uplink_has_kept_is_known_though_nothing_can_be_sent_to_it(
    path: Path,
) -> None:
    crowd = tuple(Measurement(f"number_{n}", 1.0) for n in range(200))
    with listening(path) as server, running(path, capacity=5000) as backlog:
        with Uplink(server) as dying:
            for _ in range(2000):
                backlog.add(event("yes"), 0.0)
            dying.offers(2000)
            # More than the socket holds: the sender waits to send the rest when its uplink dies.
            for _ in range(200):
                backlog.add(ResultRecord("people", Result(captured_at=1.0, findings=crowd)), 0.0)
            dying.send(*(Kept(seq) for seq in range(1, 2001)))
        with Uplink(server) as uplink:
            first = uplink.offers(1)

    assert first[0].seq == 2001


def test_drain_waits_until_everything_is_sent_or_kept(path: Path) -> None:
    with running(path) as backlog:
        backlog.add(event("yes"), 0.0)
        before = backlog.drain(0.01)
        with listening(path) as server, Uplink(server) as uplink:
            sent = backlog.drain(10)
            kept = backlog.drain(0.01, kept=True)
            uplink.offers(1)
            uplink.send(Kept(1))

            assert (before, sent, kept) == (False, True, False)
            assert backlog.drain(10, kept=True)


def test_while_the_uplink_is_away_results_go_before_events_and_are_counted(path: Path) -> None:
    with running(path, capacity=3) as backlog:
        for record in (event("yes"), result(1.0), result(2.0), event("no"), event("up")):
            backlog.add(record, 0.0)

        with listening(path) as server, Uplink(server) as uplink:
            offers = uplink.offers(3)

    assert [offer.record for offer in offers] == [event("yes"), event("no"), event("up")]
    assert [offer.seq for offer in offers] == [1, 4, 5], "a number left out was dropped"
    assert backlog.dropped == 2


def test_a_result_never_drives_out_an_event(path: Path) -> None:
    with running(path, capacity=3) as backlog:
        for record in (event("yes"), event("no"), event("up"), result(1.0)):
            backlog.add(record, 0.0)

        with listening(path) as server, Uplink(server) as uplink:
            offers = uplink.offers(3)

    assert [offer.record for offer in offers] == [event("yes"), event("no"), event("up")]


def test_what_waits_to_be_sent_is_bounded_as_long_as_the_uplink_is_away(path: Path) -> None:
    backlog = Backlog(3)

    for at in range(100):
        backlog.add(result(float(at)), 0.0)

    assert (len(backlog), backlog.dropped) == (3, 97)


def test_what_the_uplink_already_has_is_forgotten_first_and_is_not_dropped(path: Path) -> None:
    with listening(path) as server, running(path, capacity=2) as backlog:
        with Uplink(server) as uplink:
            backlog.add(event("yes"), 0.0)
            backlog.add(event("no"), 0.0)
            uplink.offers(2)
            assert backlog.drain(10)

            backlog.add(result(1.0), 0.0)
            uplink.offers(1)
        with Uplink(server) as uplink:
            again = uplink.offers(2)

    assert [offer.record for offer in again] == [event("no"), result(1.0)]
    assert backlog.dropped == 0


def test_a_backlog_goes_out_in_one_go_though_the_uplink_waits_for_its_answers_to_be_read(
    path: Path,
) -> None:
    many = 20_000
    with running(path, many) as backlog:
        for at in range(many):
            backlog.add(result(float(at)), 0.0)

        with listening(path) as server:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
            with Uplink(server) as uplink:
                for seq in range(1, many + 1):
                    assert uplink.offers(1)[0].seq == seq
                    uplink.send(Kept(seq))
                kept = backlog.drain(10, kept=True)

    assert kept


SCORE: Any = np.float32(0.5)
CROWD = (Detection("person", 0.5, Box(0.1, 0.2, 0.3, 0.4)),) * 257


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        (EventRecord(plugin="w", captured_at=1.0, type="keyword", label="x", score=SCORE), "numpy"),
        (
            EventRecord(plugin="w", captured_at=1.0, type="keyword", label="x", score=1.0000001),
            "<=",
        ),
        (ResultRecord("p", Result(captured_at=1.0, findings=CROWD)), "length <= 256"),
        (ResultRecord("p", Result(captured_at=1.0, ms=float("nan"))), "ms"),
        (
            ResultRecord(
                "p", Result(captured_at=1.0, findings=(Measurement("x" * MAX_PACKET, 1.0),))
            ),
            f"at most {MAX_PACKET} may be sent",
        ),
    ],
)
def test_what_can_never_pass_is_the_fault_of_who_offers_it_and_the_sender_goes_on(
    path: Path, wrong: Record, fault: str
) -> None:
    with listening(path) as server, running(path) as backlog:
        with pytest.raises(ContractError, match=fault):
            backlog.add(wrong, 0.0)
        backlog.add(event("yes"), 0.0)
        with Uplink(server) as uplink:
            offers = uplink.offers(1)

    assert [(offer.seq, offer.record) for offer in offers] == [(1, event("yes"))]


def test_an_inventory_or_a_snapshot_that_can_never_pass_is_refused_where_they_are_made(
    path: Path,
) -> None:
    backlog = Backlog()

    with pytest.raises(ContractError, match="cfg_hash"):
        backlog.announce(Inventory(cfg_hash="x" * 600))
    with pytest.raises(ContractError, match="error"):
        backlog.report(SenseSnapshot(plugins={"p": PluginSnapshot(fate="failed", error="x" * 600)}))


def test_of_snapshots_only_the_newest_is_sent(path: Path) -> None:
    with running(path) as backlog:
        backlog.report(SenseSnapshot(plugins={}, seen_bytes=1))
        backlog.report(SenseSnapshot(plugins={}, seen_bytes=2))

        with listening(path) as server, Uplink(server) as uplink:
            uplink.receive()

            assert uplink.receive() == SenseSnapshot(plugins={}, seen_bytes=2)


def test_every_uplink_that_comes_is_told_the_newest_snapshot(path: Path) -> None:
    newest = SenseSnapshot(
        plugins={"light": PluginSnapshot(fate="device-error", error="no such file")}
    )

    with listening(path) as server, running(path) as backlog:
        backlog.report(newest)
        with Uplink(server) as dying:
            before = [dying.receive(), dying.receive()]
        with Uplink(server) as uplink:
            after = [uplink.receive(), uplink.receive()]

    assert before[1] == after[1] == newest


def test_a_command_is_handed_on_and_its_answer_is_sent(path: Path) -> None:
    with listening(path) as server, ExitStack() as ends:
        commands: list[Request] = []

        def answer(command: Request) -> None:
            commands.append(command)
            backlog.request(Answer(id=command.id, ok=True, code="done"))

        backlog = Backlog()
        sender = Sender(path, backlog, answer)
        ends.callback(sender.stop)
        sender.start()
        with Uplink(server) as uplink:
            uplink.receive()
            uplink.send(Command(id="7", name="ping", args={"n": 1}))
            received = uplink.receive()

    assert commands == [Command(id="7", name="ping", args={"n": 1})]
    assert received == Answer(id="7", ok=True, code="done")


def test_an_uplink_that_sends_nonsense_is_left_and_looked_for_anew(path: Path) -> None:
    with listening(path) as server, running(path) as backlog:
        backlog.add(event("yes"), 0.0)
        with Uplink(server) as stranger:
            stranger.send_raw(b"\x00\x00\x00\x03abc")
            with Uplink(server) as uplink:
                offers = uplink.offers(1)

    assert offers[0].record == event("yes")


def test_it_works_in_a_process_with_more_than_1024_open_files(
    path: Path, many_files: Callable[[], None]
) -> None:
    many_files()

    with listening(path) as server, running(path) as backlog, Uplink(server) as uplink:
        backlog.add(event("yes"), 0.0)
        offers = uplink.offers(1)

    assert offers[0].record == event("yes")
