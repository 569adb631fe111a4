"""The client against a real mosquitto."""

import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from edgenode import config
from edgenode.mqtt.exchange import Message, Terms
from edgenode.mqtt.link import Link
from edgenode.mqtt.standard import FAILURE, publish_size
from edgenode.waker import Waker
from tests.brokers import held_port

if TYPE_CHECKING:
    from tests.brokers import Consumer, Mosquitto
    from tests.mqtt.conftest import Clients


def numbered(count: int, topic: str = "t/a") -> list[Message]:
    return [Message(topic=topic, payload=b"%d" % number) for number in range(count)]


@pytest.mark.parametrize(("asked", "spoken"), [("auto", "5"), ("5", "5"), ("3.1.1", "3.1.1")])
def test_messages_arrive_in_order_on_either_version(
    asked: str,
    spoken: str,
    broker: "Mosquitto",
    consumer: "Callable[..., Consumer]",
    connect: "Clients",
) -> None:
    seen_by = consumer(broker.url, "t/a")

    client = connect(connect.publish_all(*numbered(100)), broker.url, protocol=asked)
    seen = seen_by.wait_for_topic("t/a", 100)

    assert [message.payload for message in seen] == [b"%d" % number for number in range(100)]
    assert client.protocol == spoken


def test_at_most_sixteen_messages_are_under_way(
    broker: "Mosquitto",
    connect: "Clients",
    until: Callable[..., None],
) -> None:
    handler = connect.publish_all(*numbered(200))

    connect(handler, broker.url)
    until(lambda: len(handler.answers) == 200)

    assert handler.most_under_way == 16


def test_fewer_are_under_way_where_the_broker_takes_fewer(
    mosquitto: "Callable[..., Mosquitto]",
    connect: "Clients",
    until: Callable[..., None],
) -> None:
    handler = connect.publish_all(*numbered(50))

    connect(handler, mosquitto("allow_anonymous true\nmax_inflight_messages 3").url)
    until(lambda: len(handler.answers) == 50)

    assert handler.most_under_way == 3


def test_on_mqtt_5_a_message_says_what_it_is_and_when_it_expires(
    broker: "Mosquitto",
    consumer: "Callable[..., Consumer]",
    connect: "Clients",
) -> None:
    seen_by = consumer(broker.url)

    connect(connect.publish_all(Message(topic="t/a", payload=b"{}", expires_s=60)), broker.url)
    (seen,) = seen_by.wait_for_topic("t/a")

    assert seen.content_type == "application/json"
    assert seen.expires_s in (59, 60)


def test_an_expiry_that_mqtt_cannot_hold_is_the_longest_it_can(
    broker: "Mosquitto",
    consumer: "Callable[..., Consumer]",
    connect: "Clients",
) -> None:
    seen_by = consumer(broker.url)

    connect(connect.publish_all(Message(topic="t/a", payload=b"{}", expires_s=1 << 40)), broker.url)
    (seen,) = seen_by.wait_for_topic("t/a")

    assert seen.expires_s is not None
    assert seen.expires_s > 4_294_967_000


def test_an_exception_in_a_callback_makes_a_new_connection_and_not_a_dead_thread(
    broker: "Mosquitto",
    connect: "Clients",
    until: Callable[..., None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    handler = connect.publish_all(*numbered(1), *numbered(3), fails=1)

    client = connect(handler, broker.url)
    until(lambda: len(handler.links) == 2 and client.connected)

    assert client.alive
    assert client.faults == 1
    assert "ZeroDivisionError" in caplog.text


def test_a_fault_that_recurs_waits_longer_each_time(
    broker: "Mosquitto",
    connect: "Clients",
    until: Callable[..., None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Stumbler(connect.publish_all):
        def connected(self, link: Link) -> None:
            super().connected(link)
            if len(self.links) < 5:
                raise ZeroDivisionError

    handler = Stumbler()

    client = connect(handler, broker.url)
    until(lambda: len(handler.links) == 5 and client.connected)

    waits = [float(s) for s in re.findall(r"trying again in (\S+) s", caplog.text)]
    assert len(waits) == 4
    assert waits == sorted(set(waits))


def test_a_denied_publish_is_seen_on_mqtt_5(
    mosquitto: "Callable[..., Mosquitto]",
    connect: "Clients",
    until: Callable[..., None],
    tmp_path: Path,
) -> None:
    (tmp_path / "acl").write_text("topic write t/a\n")
    broker = mosquitto(f"allow_anonymous true\nacl_file {tmp_path / 'acl'}")
    handler = connect.publish_all(*numbered(1), *numbered(1, "t/forbidden"))

    connect(handler, broker.url)
    until(lambda: len(handler.answers) == 2)

    assert [reason >= FAILURE for reason in handler.answers] == [False, True]


def test_a_clean_stop_keeps_the_will_unsaid(
    broker: "Mosquitto",
    consumer: "Callable[..., Consumer]",
    connect: "Clients",
    until: Callable[..., None],
) -> None:
    seen_by = consumer(broker.url)
    client = connect(connect.publish_all(), broker.url, protocol="3.1.1")
    until(lambda: client.connected)

    assert client.stop()
    connect(connect.publish_all(Message(topic="t/last", payload=b"")), broker.url)
    seen_by.wait_for_topic("t/last")

    assert seen_by.topics() == ["t/last"]


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_two_clients_with_one_id_are_told_of_each_other_though_the_broker_says_nothing(
    broker: "Mosquitto", connect: "Clients", until: Callable[..., None], protocol: str
) -> None:
    pair = [connect(connect.publish_all(), broker.url, protocol=protocol) for _ in range(2)]

    until(lambda: any("another client has the id 'n1'" in client.reason for client in pair), 30.0)


def test_an_address_of_the_link_is_reached_through_its_interface(
    mosquitto: "Callable[..., Mosquitto]", connect: "Clients", until: Callable[..., None]
) -> None:
    address = link_local()
    held = held_port()
    port = held.getsockname()[1]
    mosquitto(f"allow_anonymous true\nlistener {port} {address}")

    for written in (address, address.replace("%", "%25")):
        client = connect(connect.publish_all(), f"mqtt://[{written}]:{port}")
        until(lambda: client.connected)  # noqa: B023 called at once
        client.stop()
    held.close()


def test_a_broker_that_comes_back_is_found_again(
    broker: "Mosquitto",
    connect: "Clients",
    until: Callable[..., None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    handler = connect.publish_all()
    client = connect(handler, broker.url)
    until(lambda: client.connected)

    broker.kill()
    until(lambda: "refused" in client.reason)
    broker.start()
    until(lambda: len(handler.links) == 2)

    assert handler.links == [("5", 1), ("5", 2)]
    connected = [
        entry
        for entry in caplog.records
        if "connected as 'n1', MQTT 5, topics under edgenode/v1" in entry.getMessage()
    ]
    lost = [entry for entry in caplog.records if "lost" in entry.getMessage()]
    assert (len(connected), len(lost)) == (2, 1)


def test_it_works_in_a_process_with_more_than_1024_open_files(
    broker: "Mosquitto",
    connect: "Clients",
    until: Callable[..., None],
    many_files: Callable[[], None],
) -> None:
    many_files()
    handler = connect.publish_all(*numbered(3))

    connect(handler, broker.url)

    until(lambda: len(handler.answers) == 3)


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
@pytest.mark.parametrize("expires_s", [None, 60])
@pytest.mark.parametrize("length", [0, 90, 110, 130, 16_400])
def test_a_packet_has_the_size_that_the_broker_receives(
    broker: "Mosquitto", protocol: str, expires_s: int | None, length: int
) -> None:
    message = Message(topic="t/a", payload=b"x" * length, expires_s=expires_s)
    terms = Terms(mqtt=config.Mqtt(url=broker.url), client_id="n1", protocol=protocol)

    with Waker() as waker:
        link = Link(terms)
        while not link.up:
            link.turn(waker, 1.0)
        link.publish(message)
        sent = sum(packet["to_process"] for packet in link._paho._out_packet)
        link.close()

    assert publish_size(message, protocol) == sent


def test_an_exception_while_the_broker_is_away_does_not_end_the_thread(
    connect: "Clients", until: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    class Stumbler(connect.publish_all):
        def turn(self) -> None:
            raise ZeroDivisionError

    client = connect(Stumbler(), "mqtt://127.0.0.1:1")

    until(lambda: client.faults == 2)
    assert client.alive
    assert "ZeroDivisionError" in caplog.text


def link_local() -> str:
    """Return an address of this machine that needs its interface, or skip."""
    # Of each line: address, index, prefix, scope, flags, interface (proc_pid_net(5)).
    table = Path("/proc/net/if_inet6")
    lines = [line.split() for line in table.read_text().splitlines()] if table.exists() else []
    for digits, _, _, scope, _, interface in lines:
        if scope == "20":
            address = ":".join(digits[start : start + 4] for start in range(0, 32, 4))
            return f"{address}%{interface}"
    pytest.skip("no interface of this machine has a link-local IPv6 address")
