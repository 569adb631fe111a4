"""The courier against the other side of the handover, spoken here by hand."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import numpy as np
import pytest

from edgenode.handover import (
    Accepted,
    EventRecord,
    FrameReader,
    Hello,
    Inventory,
    Offer,
    PluginVitals,
    Record,
    ResultRecord,
    Settled,
    ToSense,
    ToUplink,
    Vitals,
    Welcome,
    decode_to_uplink,
    frame,
)
from edgenode.messages import Identity, PluginMeta
from edgenode.sense.courier import Courier
from edgenode.values import Measurement, Result

RUN = "0123456789ab"


class Uplink:
    """One connection, as the uplink sees it."""

    def __init__(self, server: socket.socket) -> None:
        self._connection = server.accept()[0]
        self._connection.settimeout(10)
        self._reader = FrameReader(self._connection)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def hear(self) -> ToUplink:
        payload = self._reader.read()
        assert payload is not None
        return decode_to_uplink(payload)

    def offers(self, count: int) -> list[Offer]:
        found: list[Offer] = []
        while len(found) < count:
            said = self.hear()
            if isinstance(said, Offer):
                found.append(said)
        return found

    def say(self, *messages: ToSense) -> None:
        self.babble(b"".join(map(frame, messages)))

    def babble(self, said: bytes) -> None:
        self._connection.sendall(said)


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
def running(path: Path, capacity: int = 100) -> Iterator[Courier]:
    courier = Courier(path, capacity)
    courier.start()
    yield courier
    courier.stop()


def event(label: str) -> EventRecord:
    return EventRecord(plugin="words", captured_at=1.0, type="keyword", label=label, score=0.9)


def result(at: float) -> ResultRecord:
    return ResultRecord("people", Result(captured_at=at))


def test_the_first_word_is_hello_with_the_inventory(path: Path) -> None:
    inventory = Inventory(plugins=(PluginMeta(id="people", use="object-detection"),))

    with listening(path) as server, running(path) as courier:
        courier.announce(inventory)
        with Uplink(server) as uplink:
            said = [uplink.hear(), uplink.hear()]

    assert isinstance(said[0], Hello)
    assert inventory in (said[0].inventory, said[1])


def test_findings_arrive_numbered_and_in_order(path: Path) -> None:
    records: list[Record] = [event("yes"), result(2.0), event("no")]

    with listening(path) as server, running(path) as courier:
        for record in records:
            courier.offer(record)
        with Uplink(server) as uplink:
            offers = uplink.offers(3)

    assert [offer.record for offer in offers] == records
    assert [offer.number for offer in offers] == [1, 2, 3]


def test_what_is_settled_is_forgotten_and_the_rest_is_offered_again(path: Path) -> None:
    first, second = Identity(RUN, 1), Identity(RUN, 2)
    with listening(path) as server, running(path) as courier:
        for label in ("yes", "no", "up"):
            courier.offer(event(label))
        with Uplink(server) as uplink:
            uplink.offers(3)
            uplink.say(Welcome(0), Accepted(1, first), Accepted(2, second), Settled(1))
        with Uplink(server) as uplink:
            again = uplink.offers(2)

    assert [(o.number, o.record, o.identity) for o in again] == [
        (2, event("no"), second),
        (3, event("up"), None),
    ]


def test_what_a_dying_uplink_has_said_is_heard_though_nothing_can_be_said_to_it(path: Path) -> None:
    crowd = tuple(Measurement(f"number_{n}", 1.0) for n in range(200))
    with listening(path) as server, running(path, capacity=5000) as courier:
        with Uplink(server) as dying:
            for _ in range(2000):
                courier.offer(event("yes"))
            dying.offers(2000)
            # More than the socket holds: the courier waits to say the rest when its uplink dies.
            for _ in range(200):
                courier.offer(ResultRecord("people", Result(captured_at=1.0, findings=crowd)))
            dying.say(*(Accepted(number, Identity(RUN, number)) for number in range(1, 2001)))
        with Uplink(server) as uplink:
            offers = uplink.offers(2000)

    assert [offer.identity for offer in offers] == [Identity(RUN, n) for n in range(1, 2001)]


def test_drain_waits_until_everything_is_accepted(path: Path) -> None:
    with listening(path) as server, running(path) as courier:
        courier.offer(event("yes"))
        with Uplink(server) as uplink:
            uplink.offers(1)

            before = courier.drain(0.01)
            uplink.say(Accepted(1, Identity(RUN, 1)))
            accepted = courier.drain(10)
            settled = courier.drain(0.01, settled=True)
            uplink.say(Settled(1))

            assert (before, accepted, settled) == (False, True, False)
            assert courier.drain(10, settled=True)


def test_while_the_uplink_is_away_results_go_before_events_and_are_counted(path: Path) -> None:
    with running(path, capacity=3) as courier:
        for record in (event("yes"), result(1.0), result(2.0), event("no"), event("up")):
            courier.offer(record)

        with listening(path) as server, Uplink(server) as uplink:
            offers = uplink.offers(3)

    assert [offer.record for offer in offers] == [event("yes"), event("no"), event("up")]
    assert courier.dropped == 2


def test_what_waits_to_be_sent_is_bounded_as_long_as_the_uplink_is_away(path: Path) -> None:
    courier = Courier(path, capacity=3)

    for at in range(100):
        courier.offer(result(float(at)))

    assert (len(courier._unsent), courier.waiting, courier.dropped) == (3, 3, 97)


def test_what_the_uplink_has_accepted_is_forgotten_first_and_is_not_dropped(path: Path) -> None:
    with listening(path) as server, running(path, capacity=2) as courier:
        courier.offer(event("yes"))
        courier.offer(event("no"))
        with Uplink(server) as uplink:
            uplink.offers(2)
            uplink.say(Accepted(1, Identity(RUN, 1)), Accepted(2, Identity(RUN, 2)))
            assert courier.drain(10)

            courier.offer(result(1.0))
            uplink.offers(1)
        with Uplink(server) as uplink:
            kept = uplink.offers(2)

    assert [offer.record for offer in kept] == [event("no"), result(1.0)]
    assert courier.dropped == 0


def test_a_backlog_goes_out_in_one_go_though_the_uplink_waits_for_its_answers_to_be_read(
    path: Path,
) -> None:
    backlog = 20_000
    with running(path, backlog) as courier:
        for at in range(backlog):
            courier.offer(result(float(at)))

        with listening(path) as server:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
            with Uplink(server) as uplink:
                for number in range(1, backlog + 1):
                    assert uplink.offers(1)[0].number == number
                    uplink.say(Accepted(number, Identity(RUN, number)), Settled(number))
                settled = courier.drain(10, settled=True)

    assert settled


def test_what_cannot_be_encoded_is_the_fault_of_who_offers_it_and_the_courier_goes_on(
    path: Path,
) -> None:
    score: Any = np.float32(0.5)
    strange = EventRecord(plugin="words", captured_at=1.0, type="keyword", label="x", score=score)

    with listening(path) as server, running(path) as courier:
        with pytest.raises(TypeError, match=r"numpy\.float32"):
            courier.offer(strange)
        courier.offer(event("yes"))
        with Uplink(server) as uplink:
            offers = uplink.offers(1)

    assert [offer.record for offer in offers] == [event("yes")]


def test_of_vitals_only_the_newest_are_brought(path: Path) -> None:
    with running(path) as courier:
        courier.report(Vitals(plugins={}, dropped=1))
        courier.report(Vitals(plugins={}, dropped=2))

        with listening(path) as server, Uplink(server) as uplink:
            uplink.hear()

            assert uplink.hear() == Vitals(plugins={}, dropped=2)


def test_every_uplink_that_comes_is_told_the_newest_vitals(path: Path) -> None:
    newest = Vitals(plugins={"light": PluginVitals(fate="device-error", error="no such file")})

    with listening(path) as server, running(path) as courier:
        courier.report(newest)
        with Uplink(server) as dying:
            before = [dying.hear(), dying.hear()]
        with Uplink(server) as uplink:
            after = [uplink.hear(), uplink.hear()]

    assert before[1] == after[1] == newest


def test_an_uplink_that_talks_nonsense_is_left_and_looked_for_anew(path: Path) -> None:
    with listening(path) as server, running(path) as courier:
        courier.offer(event("yes"))
        with Uplink(server) as stranger:
            stranger.babble(b"\x00\x00\x00\x03abc")
            with Uplink(server) as uplink:
                offers = uplink.offers(1)

    assert offers[0].record == event("yes")


def test_drain_also_waits_until_the_last_news_has_left(path: Path) -> None:
    with running(path) as courier:
        courier.report(Vitals(plugins={}, dropped=1))
        before = courier.drain(0.01)

        with listening(path) as server, Uplink(server) as uplink:
            drained = courier.drain(10)
            uplink.hear()

            assert (before, drained) == (False, True)
            assert uplink.hear() == Vitals(plugins={}, dropped=1)
