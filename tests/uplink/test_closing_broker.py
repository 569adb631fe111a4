"""A broker that answers what it denies by closing, as aedes and RabbitMQ do: nothing is held up."""

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from edgenode import config
from edgenode.handover import EventRecord, PluginSnapshot, ResultRecord, SenseSnapshot

if TYPE_CHECKING:
    from tests.uplink.conftest import Site


class Gatekeeper:
    """Stands before a real broker, and closes where a packet holds what it forbids."""

    def __init__(self, port: int, forbidden: bytes) -> None:
        self.closed = 0
        self._to = port
        self._forbidden = forbidden
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"mqtt://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._run, daemon=True).start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _run(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client = self._listener.accept()[0]
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, socket.create_connection(("127.0.0.1", self._to)) as broker:
            back = threading.Thread(target=self._pass_on, args=(broker, client), daemon=True)
            back.start()
            with contextlib.suppress(OSError):
                while (data := client.recv(65536)) and self._forbidden not in data:
                    broker.sendall(data)
                self.closed += self._forbidden in data
            for end in (client, broker):
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
            back.join()

    @staticmethod
    def _pass_on(broker: socket.socket, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := broker.recv(65536):
                client.sendall(data)


@pytest.fixture
def forbids(site: "Site") -> Iterator[Callable[[bytes], Gatekeeper]]:
    """Return a function that has the broker close on packets that hold these bytes."""
    with contextlib.ExitStack() as ends:
        yield lambda what: ends.enter_context(
            contextlib.closing(Gatekeeper(site.broker.port, what))
        )


def test_a_finding_that_ends_connections_is_refused_and_those_behind_it_arrive(
    site: "Site",
    forbids: Callable[[bytes], Gatekeeper],
    finding: Callable[..., ResultRecord],
    caplog: pytest.LogCaptureFixture,
) -> None:
    seen_by = site.consumer()
    site.broker = forbids(b"/result/denied")
    site.uplink()
    sense = site.sense()
    sense.offer(1, finding(plugin="denied"))
    for seq in range(2, 42):
        sense.offer(seq, finding())

    assert sense.kept(41) == 41

    arrived = [json.loads(m.payload)["seq"] for m in seen_by.wait_for_topic("result/people", 40)]
    assert sorted(set(arrived)) == list(range(2, 42))
    report = json.loads(seen_by.wait_for_topic("event/_outbox")[0].payload)
    assert (report["reason"], report["ranges"]) == ("refused", [[1, 1]])
    assert "given up" in caplog.text


def test_an_event_among_findings_in_flight_ends_no_more_connections_than_it_must(
    site: "Site", forbids: Callable[[bytes], Gatekeeper], finding: Callable[..., ResultRecord]
) -> None:
    site.broker = gate = forbids(b"/event/denied")
    site.uplink()
    sense = site.sense()
    for seq in range(1, 31):
        denied = EventRecord(
            plugin="denied", captured_at=1.0, type="keyword", label="yes", score=0.9
        )
        sense.offer(seq, denied if seq == 15 else finding())

    assert sense.kept(30) == 30
    assert gate.closed <= 4


def test_a_state_that_ends_connections_is_not_published_any_more_and_findings_arrive(
    site: "Site", forbids: Callable[[bytes], Gatekeeper], finding: Callable[..., ResultRecord]
) -> None:
    site.broker = gate = forbids(b"/state/people")
    site.uplink(outbox=config.Outbox())
    sense = site.sense()
    sense.send(SenseSnapshot(plugins={"people": PluginSnapshot(fate="running")}))
    for seq in range(1, 11):
        sense.offer(seq, finding())

    assert sense.kept(10) == 10
    assert gate.closed <= 5


def test_a_broker_that_is_killed_again_and_again_costs_no_finding(
    site: "Site", finding: Callable[..., ResultRecord], until: Callable[..., None]
) -> None:
    one = site.uplink()
    sense = site.sense()
    until(lambda: one.connected)

    for turn in range(5):
        for seq in range(turn * 40 + 1, turn * 40 + 41):
            sense.offer(seq, finding())
        site.broker.kill()
        site.broker.start()
        until(lambda: one.connected)

    assert sense.kept(200) == 200
    assert one._outbox.health().dropped == 0
