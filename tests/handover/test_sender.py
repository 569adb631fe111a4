"""What is sent, and what is done with what comes back; the test is the uplink."""

from collections.abc import Callable
from pathlib import Path

from edgenode.handover.protocol import (
    Answer,
    Command,
    Hello,
    Inventory,
    Kept,
    PluginSnapshot,
    Record,
    Request,
    ResultRecord,
    SenseSnapshot,
    Welcome,
)
from edgenode.messages import PluginMeta
from edgenode.values import Measurement, Result
from tests.handover.sending import Uplink, event, listening, result, running


def test_the_first_messages_are_hello_and_the_inventory(tmp_path: Path) -> None:
    inventory = Inventory(plugins=(PluginMeta(id="people", use="object-detection"),))

    with listening(tmp_path) as server, running(tmp_path) as backlog:
        backlog.announce(inventory)
        with Uplink(server) as uplink:
            received = [uplink.receive(), uplink.receive()]

    assert received == [Hello(run=backlog.run), inventory]


def test_findings_arrive_numbered_and_in_order_with_the_clock_of_their_capture(
    tmp_path: Path,
) -> None:
    records: list[Record] = [event("yes"), result(2.0), event("no")]

    with listening(tmp_path) as server, running(tmp_path) as backlog:
        for place, record in enumerate(records):
            backlog.add(record, 100.0 + place)
        with Uplink(server) as uplink:
            offers = uplink.offers(3)

    assert [offer.record for offer in offers] == records
    assert [offer.seq for offer in offers] == [1, 2, 3]
    assert [offer.clock for offer in offers] == [100.0, 101.0, 102.0]


def test_what_is_kept_is_forgotten_and_the_rest_is_sent_again_under_its_number(
    tmp_path: Path,
) -> None:
    with listening(tmp_path) as server, running(tmp_path) as backlog:
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
    tmp_path: Path,
) -> None:
    crowd = tuple(Measurement(f"number_{n}", 1.0) for n in range(200))
    with listening(tmp_path) as server, running(tmp_path, capacity=5000) as backlog:
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


def test_of_snapshots_only_the_newest_is_sent(tmp_path: Path) -> None:
    with running(tmp_path) as backlog:
        backlog.report(SenseSnapshot(plugins={}, seen_bytes=1))
        backlog.report(SenseSnapshot(plugins={}, seen_bytes=2))

        with listening(tmp_path) as server, Uplink(server) as uplink:
            uplink.receive()

            assert uplink.receive() == SenseSnapshot(plugins={}, seen_bytes=2)


def test_every_uplink_that_comes_is_told_the_newest_snapshot(tmp_path: Path) -> None:
    newest = SenseSnapshot(
        plugins={"light": PluginSnapshot(fate="device-error", error="no such file")}
    )

    with listening(tmp_path) as server, running(tmp_path) as backlog:
        backlog.report(newest)
        with Uplink(server) as dying:
            before = [dying.receive(), dying.receive()]
        with Uplink(server) as uplink:
            after = [uplink.receive(), uplink.receive()]

    assert before[1] == after[1] == newest


def test_a_command_is_handed_on_and_its_answer_is_sent(tmp_path: Path) -> None:
    commands: list[Request] = []

    def answer(command: Request) -> None:
        commands.append(command)
        backlog.request(Answer(id=command.id, ok=True, code="done"))

    with (
        listening(tmp_path) as server,
        running(tmp_path, answer=answer) as backlog,
        Uplink(server) as uplink,
    ):
        uplink.receive()
        uplink.send(Command(id="7", name="ping", args={"n": 1}))
        received = uplink.receive()

    assert commands == [Command(id="7", name="ping", args={"n": 1})]
    assert received == Answer(id="7", ok=True, code="done")


def test_an_uplink_that_sends_nonsense_is_left_and_looked_for_anew(tmp_path: Path) -> None:
    with listening(tmp_path) as server, running(tmp_path) as backlog:
        backlog.add(event("yes"), 0.0)
        with Uplink(server) as stranger:
            stranger.send_raw(b"\x00\x00\x00\x03abc")
            with Uplink(server) as uplink:
                offers = uplink.offers(1)

    assert offers[0].record == event("yes")


def test_it_works_in_a_process_with_more_than_1024_open_files(
    tmp_path: Path, many_files: Callable[[], None]
) -> None:
    many_files()

    with listening(tmp_path) as server, running(tmp_path) as backlog, Uplink(server) as uplink:
        backlog.add(event("yes"), 0.0)
        offers = uplink.offers(1)

    assert offers[0].record == event("yes")
