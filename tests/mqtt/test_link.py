"""The client against a real mosquitto, and against brokers with bad manners."""

import contextlib
import logging
import re
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from edgenode import config
from edgenode.mqtt import link as mqtt
from edgenode.mqtt.client import Client, Listener
from edgenode.mqtt.exchange import FAILURE, Message
from edgenode.mqtt.link import Link

if TYPE_CHECKING:
    from tests.conftest import Mosquitto, Witness

WILL = Message(topic="t/status", payload=b'"lost"', retain=True)


class Talker(Listener):
    """Publishes what it is given as soon as there is room, and remembers what it is told."""

    def __init__(self, *messages: Message, fails: int = 0) -> None:
        self.link: Link | None = None
        self.links: list[tuple[str, int]] = []
        self.answers: list[int] = []
        self.most_under_way = 0
        self._messages = list(messages)
        self._fails = fails
        self._under_way = 0

    def will(self, number: int) -> Message:
        del number
        return WILL

    def connected(self, link: Link) -> None:
        self.link = link
        self.links.append((link.protocol, link.number))

    def acknowledged(self, ticket: int, reason: int) -> None:
        del ticket
        self._under_way -= 1
        self.answers.append(reason)
        if self._fails:
            self._fails -= 1
            raise ZeroDivisionError

    def turn(self) -> None:
        while self.link is not None and self._messages and self.link.room:
            message = self._messages.pop(0)
            self.link.publish(message)
            self._under_way += message.qos
        self.most_under_way = max(self.most_under_way, self._under_way)

    def lost(self) -> None:
        self.link = None
        self._under_way = 0


@pytest.fixture
def connect() -> Iterator[Callable[..., Client]]:
    """Return a function that starts a client: ``connect(listener, url, **mqtt)``."""
    with contextlib.ExitStack() as clients:

        def start(listener: Listener, url: str, **settings: object) -> Client:
            client = Client(config.Mqtt(url=url, **settings), "n1", listener)
            client.start()
            clients.callback(client.stop)
            return client

        yield start


def numbered(count: int, topic: str = "t/a") -> list[Message]:
    return [Message(topic=topic, payload=b"%d" % number) for number in range(count)]


@pytest.mark.parametrize(("asked", "spoken"), [("auto", "5"), ("5", "5"), ("3.1.1", "3.1.1")])
def test_messages_arrive_in_order_on_either_version(
    asked: str,
    spoken: str,
    broker: "Mosquitto",
    witness: "Callable[..., Witness]",
    connect: Callable[..., Client],
) -> None:
    seen_by = witness(broker.url, "t/a")

    client = connect(Talker(*numbered(100)), broker.url, protocol=asked)
    seen = seen_by.see_topic("t/a", 100)

    assert [message.payload for message in seen] == [b"%d" % number for number in range(100)]
    assert client.protocol == spoken


def test_at_most_sixteen_messages_are_under_way(
    broker: "Mosquitto", connect: Callable[..., Client], until: Callable[..., None]
) -> None:
    talker = Talker(*numbered(200))

    connect(talker, broker.url)
    until(lambda: len(talker.answers) == 200)

    assert talker.most_under_way == 16


def test_fewer_are_under_way_where_the_broker_takes_fewer(
    mosquitto: "Callable[..., Mosquitto]",
    connect: Callable[..., Client],
    until: Callable[..., None],
) -> None:
    talker = Talker(*numbered(50))

    connect(talker, mosquitto("allow_anonymous true\nmax_inflight_messages 3").url)
    until(lambda: len(talker.answers) == 50)

    assert talker.most_under_way == 3


def test_on_mqtt_5_a_message_says_what_it_is_and_when_it_expires(
    broker: "Mosquitto", witness: "Callable[..., Witness]", connect: Callable[..., Client]
) -> None:
    seen_by = witness(broker.url)

    connect(Talker(Message(topic="t/a", payload=b"{}", expires_s=60)), broker.url)
    (seen,) = seen_by.see_topic("t/a")

    assert seen.content_type == "application/json"
    assert seen.expires_s in (59, 60)


def test_an_expiry_that_mqtt_cannot_hold_is_the_longest_it_can(
    broker: "Mosquitto", witness: "Callable[..., Witness]", connect: Callable[..., Client]
) -> None:
    seen_by = witness(broker.url)

    connect(Talker(Message(topic="t/a", payload=b"{}", expires_s=1 << 40)), broker.url)
    (seen,) = seen_by.see_topic("t/a")

    assert seen.expires_s is not None
    assert seen.expires_s > 4_294_967_000


def test_an_exception_in_a_callback_makes_a_new_connection_and_not_a_dead_thread(
    broker: "Mosquitto",
    connect: Callable[..., Client],
    until: Callable[..., None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    talker = Talker(*numbered(1), *numbered(3), fails=1)

    client = connect(talker, broker.url)
    until(lambda: len(talker.links) == 2 and client.connected)

    assert client.alive
    assert client.faults == 1
    assert "ZeroDivisionError" in caplog.text


def test_a_fault_that_recurs_waits_longer_each_time(
    broker: "Mosquitto", connect: Callable[..., Client], until: Callable[..., None]
) -> None:
    class Stumbler(Talker):
        def connected(self, link: Link) -> None:
            super().connected(link)
            if len(self.links) < 5:
                raise ZeroDivisionError

    talker = Stumbler()
    began = time.monotonic()

    client = connect(talker, broker.url)
    until(lambda: len(talker.links) == 5 and client.connected)

    assert time.monotonic() - began > 0.1 + 0.2 + 0.4 + 0.8


def test_a_refused_user_is_an_error_and_not_connected(
    mosquitto: "Callable[..., Mosquitto]",
    connect: Callable[..., Client],
    until: Callable[..., None],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    users = tmp_path / "users"
    subprocess.run(["mosquitto_passwd", "-b", "-c", str(users), "n1", "right"], check=True)
    (tmp_path / "wrong").write_text("wrong\n")
    broker = mosquitto(f"password_file {users}")

    talker = Talker()
    client = connect(
        talker, broker.url, username="n1", password_file=str(tmp_path / "wrong"), protocol="5"
    )
    until(lambda: "refused" in client.reason)

    assert not client.connected
    assert talker.links == []
    assert "not authorized; check mqtt.username, mqtt.password_file" in client.reason
    assert [entry.levelno for entry in caplog.records] == [logging.ERROR]


def test_a_right_password_lets_in(
    mosquitto: "Callable[..., Mosquitto]",
    connect: Callable[..., Client],
    until: Callable[..., None],
    tmp_path: Path,
) -> None:
    users = tmp_path / "users"
    subprocess.run(["mosquitto_passwd", "-b", "-c", str(users), "n1", "right"], check=True)
    (tmp_path / "right").write_text("right\n")

    broker = mosquitto(f"password_file {users}")
    client = connect(Talker(), broker.url, username="n1", password_file=str(tmp_path / "right"))

    until(lambda: client.connected)


def test_a_missing_password_file_is_named(
    broker: "Mosquitto", connect: Callable[..., Client], until: Callable[..., None]
) -> None:
    missing = {"username": "n1", "password_file": "/nowhere/secret"}
    client = connect(Talker(), broker.url, **missing)

    until(lambda: "'/nowhere/secret'" in client.reason)

    assert client.reason.startswith("mqtt.password_file")


def test_a_denied_publish_is_seen_on_mqtt_5(
    mosquitto: "Callable[..., Mosquitto]",
    connect: Callable[..., Client],
    until: Callable[..., None],
    tmp_path: Path,
) -> None:
    (tmp_path / "acl").write_text("topic write t/a\n")
    broker = mosquitto(f"allow_anonymous true\nacl_file {tmp_path / 'acl'}")
    talker = Talker(*numbered(1), *numbered(1, "t/forbidden"))

    connect(talker, broker.url)
    until(lambda: len(talker.answers) == 2)

    assert [reason >= FAILURE for reason in talker.answers] == [False, True]


def test_a_clean_stop_keeps_the_will_unsaid(
    broker: "Mosquitto",
    witness: "Callable[..., Witness]",
    connect: Callable[..., Client],
    until: Callable[..., None],
) -> None:
    seen_by = witness(broker.url)
    client = connect(Talker(), broker.url, protocol="3.1.1")
    until(lambda: client.connected)

    assert client.stop()
    connect(Talker(Message(topic="t/last", payload=b"")), broker.url)
    seen_by.see_topic("t/last")

    assert seen_by.topics() == ["t/last"]


def test_a_broker_that_comes_back_is_found_again(
    broker: "Mosquitto",
    connect: Callable[..., Client],
    until: Callable[..., None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    talker = Talker()
    client = connect(talker, broker.url)
    until(lambda: client.connected)

    broker.kill()
    until(lambda: "refused" in client.reason)
    broker.start()
    until(lambda: len(talker.links) == 2)

    assert talker.links == [("5", 1), ("5", 2)]
    connected = [entry for entry in caplog.records if "connected, MQTT" in entry.getMessage()]
    lost = [entry for entry in caplog.records if "lost" in entry.getMessage()]
    assert (len(connected), len(lost)) == (2, 1)


class Rude:
    """Not quite a broker: answers each connection with the next of some bytes, then closes.

    Where the answer is None it says nothing and waits until the client gives up.
    """

    def __init__(self, *answers: bytes | None) -> None:
        self.versions: list[int] = []
        self._answers = list(answers)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"mqtt://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)

    def _run(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection = self._listener.accept()[0]
                with connection:
                    connect = connection.recv(4096)
                    # Type, length, then the name "MQTT" with its length, then the version.
                    self.versions.append(connect[connect.index(b"MQTT") + 4])
                    answer = self._answers.pop(0) if self._answers else b""
                    connection.sendall(answer or b"")
                    if answer is None:
                        connection.recv(1)


@pytest.fixture
def rude() -> Iterator[Callable[..., Rude]]:
    with contextlib.ExitStack() as brokers:
        yield lambda *answers: brokers.enter_context(contextlib.closing(Rude(*answers)))


def test_a_broker_without_mqtt_5_is_asked_for_3_1_1_at_once(
    rude: Callable[..., Rude], connect: Callable[..., Client], until: Callable[..., None]
) -> None:
    unsupported = struct.pack("!BBBB", 0x20, 2, 0, 1)
    broker = rude(unsupported)

    client = connect(Talker(), broker.url)
    until(lambda: len(broker.versions) == 2)

    assert broker.versions[:2] == [5, 4]
    assert not client.connected


def test_two_closes_without_an_answer_mean_3_1_1(
    rude: Callable[..., Rude], connect: Callable[..., Client], until: Callable[..., None]
) -> None:
    accepted = struct.pack("!BBBB", 0x20, 2, 0, 0)
    broker = rude(b"", b"", accepted)
    talker = Talker()

    connect(talker, broker.url)
    until(lambda: bool(talker.links))

    assert broker.versions[:3] == [5, 5, 4]
    # Each close may have left a will behind: the number tells them apart.
    assert talker.links[0] == ("3.1.1", 3)


def test_silence_means_3_1_1_too(
    rude: Callable[..., Rude],
    connect: Callable[..., Client],
    until: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(mqtt, "LOCAL_REPLY_S", 0.2)
    broker = rude(None, struct.pack("!BBBB", 0x20, 2, 0, 0))
    talker = Talker()

    connect(talker, broker.url)
    until(lambda: bool(talker.links))

    assert talker.links == [("3.1.1", 2)]
    assert "does not answer" not in caplog.text


def test_a_fixed_protocol_is_never_left(
    rude: Callable[..., Rude], connect: Callable[..., Client], until: Callable[..., None]
) -> None:
    broker = rude()

    connect(Talker(), broker.url, protocol="5")
    until(lambda: len(broker.versions) == 4)

    assert set(broker.versions) == {5}


def test_nonsense_from_the_broker_ends_the_connection_and_not_the_client(
    rude: Callable[..., Rude], connect: Callable[..., Client], until: Callable[..., None]
) -> None:
    broker = rude(b"\x20\x03\x00\x00", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\xff" * 64)

    client = connect(Talker(), broker.url)
    until(lambda: len(broker.versions) == 4)

    assert client.alive
    assert not client.connected


def test_tls_with_an_authority_of_its_own(
    mosquitto: "Callable[..., Mosquitto]",
    connect: Callable[..., Client],
    until: Callable[..., None],
    tmp_path: Path,
) -> None:
    certificate, key = certify(tmp_path, "broker")
    broker = mosquitto("allow_anonymous true", f"certfile {certificate}\nkeyfile {key}")

    trusting = connect(Talker(), broker.url, ca_file=certificate)
    doubting = connect(Talker(), broker.url)
    until(lambda: trusting.connected)
    until(lambda: "check mqtt.ca_file" in doubting.reason)

    assert not doubting.connected


def test_a_client_certificate_that_is_asked_for_and_missing_is_the_hint(
    mosquitto: "Callable[..., Mosquitto]",
    connect: Callable[..., Client],
    until: Callable[..., None],
    tmp_path: Path,
) -> None:
    certificate, key = certify(tmp_path, "broker")
    demanding = "require_certificate true"
    tls = f"certfile {certificate}\nkeyfile {key}\ncafile {certificate}\n{demanding}"
    broker = mosquitto("allow_anonymous true", tls)

    shown = {"cert_file": certificate, "key_file": key}
    with_one = connect(Talker(), broker.url, ca_file=certificate, **shown)
    without = connect(Talker(), broker.url, ca_file=certificate)
    until(lambda: with_one.connected)
    until(lambda: "certificate" in without.reason)

    assert not without.connected


def test_a_file_that_is_no_certificate_is_named(
    connect: Callable[..., Client], until: Callable[..., None], tmp_path: Path
) -> None:
    (tmp_path / "ca.pem").write_text("not PEM")

    client = connect(Talker(), "mqtts://localhost:1", ca_file=str(tmp_path / "ca.pem"))
    until(lambda: "mqtt.ca_file" in client.reason)

    assert re.search(r"mqtt\.ca_file '.*ca\.pem' cannot be used", client.reason)


def certify(folder: Path, name: str) -> tuple[str, str]:
    """Return a certificate that is its own authority, for localhost, and its key."""
    certificate, key = str(folder / f"{name}.pem"), str(folder / f"{name}.key")
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    subject = ["-subj", f"/CN={name}", "-addext", "subjectAltName=DNS:localhost"]
    subprocess.run(
        [*command.split(), *subject, "-keyout", key, "-out", certificate],
        check=True,
        capture_output=True,
    )
    return certificate, key
