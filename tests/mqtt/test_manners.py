"""The client against brokers that behave badly, and the version of MQTT it uses with them."""

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from edgenode import config
from edgenode.backend.subscriber import Subscriber

if TYPE_CHECKING:
    from tests.mqtt.conftest import Clients


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
    rude: Callable[..., Rude],
    connect: "Clients",
    until: Callable[..., None],
) -> None:
    unsupported = struct.pack("!BBBB", 0x20, 2, 0, 1)
    broker = rude(unsupported)

    client = connect(connect.publish_all(), broker.url)
    until(lambda: len(broker.versions) == 2)

    assert broker.versions[:2] == [5, 4]
    assert not client.connected


def test_two_closes_without_an_answer_mean_3_1_1(
    rude: Callable[..., Rude],
    connect: "Clients",
    until: Callable[..., None],
) -> None:
    accepted = struct.pack("!BBBB", 0x20, 2, 0, 0)
    broker = rude(b"", b"", accepted)
    handler = connect.publish_all()

    connect(handler, broker.url)
    until(lambda: bool(handler.links))

    assert broker.versions[:3] == [5, 5, 4]
    # Each close may have left a will behind: the number tells them apart.
    assert handler.links[0] == ("3.1.1", 3)


def test_silence_means_3_1_1_too(
    rude: Callable[..., Rude],
    connect: "Clients",
    until: Callable[..., None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    broker = rude(None, struct.pack("!BBBB", 0x20, 2, 0, 0))
    handler = connect.publish_all()

    connect(handler, broker.url, reply_s=0.2)
    until(lambda: bool(handler.links))

    assert handler.links == [("3.1.1", 2)]
    assert "does not answer" not in caplog.text


def test_silence_on_both_versions_is_told_and_waits_as_any_failure_does(
    rude: Callable[..., Rude],
    connect: "Clients",
    until: Callable[..., None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    broker = rude(*[None] * 20)

    client = connect(connect.publish_all(), broker.url, reply_s=0.1)
    until(lambda: len(broker.versions) == 8)

    assert broker.versions[:8] == [5, 4] * 4
    assert "has not answered for 0.1 s; is it MQTT" in client.reason
    assert caplog.text.count("has not answered") == 1


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "speaks HTTP there; check the port, or write ws://"),
        (b"\x15\x03\x03\x00\x02\x02\x46", "speaks TLS there; write mqtts:// in mqtt.url"),
    ],
)
def test_what_answers_in_another_protocol_is_named(
    rude: Callable[..., Rude],
    connect: "Clients",
    until: Callable[..., None],
    answer: bytes,
    words: str,
) -> None:
    client = connect(connect.publish_all(), rude(answer).url)

    until(lambda: words in client.reason)


def test_every_refusal_of_a_connection_has_a_cure(
    rude: Callable[..., Rude], connect: "Clients", until: Callable[..., None]
) -> None:
    codes = (0x85, 0x86, 0x87, 0x88, 0x89, 0x8A, 0x8C, 0x90, 0x95, 0x97, 0x9C, 0x9D, 0x9F)
    for code in codes:
        refusal = struct.pack("!BBBBB", 0x20, 3, 0, code, 0)
        client = connect(connect.publish_all(), rude(refusal).url, protocol="5")
        until(lambda: "refused us: " in client.reason)  # noqa: B023 called at once
        assert "; " in client.reason.partition("refused us: ")[2]


def test_a_topic_that_is_not_utf_8_reaches_a_consumer_as_one_that_it_does_not_know(
    rude: Callable[..., Rude],
) -> None:
    accepted, published = struct.pack("!BBBB", 0x20, 2, 0, 0), b"\x30\x05\x00\x02\xff\xfe!"
    broker = rude(accepted + published)

    with Subscriber(config.Mqtt(url=broker.url, protocol="3.1.1")) as subscriber:
        assert subscriber.take(0.5) is None
        assert subscriber.unexpected == 1


def test_a_fixed_protocol_is_never_left(
    rude: Callable[..., Rude],
    connect: "Clients",
    until: Callable[..., None],
) -> None:
    broker = rude()

    connect(connect.publish_all(), broker.url, protocol="5")
    until(lambda: len(broker.versions) == 4)

    assert set(broker.versions) == {5}


def test_nonsense_from_the_broker_ends_the_connection_and_not_the_client(
    rude: Callable[..., Rude],
    connect: "Clients",
    until: Callable[..., None],
) -> None:
    broker = rude(b"\x20\x03\x00\x00", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\xff" * 64)

    client = connect(connect.publish_all(), broker.url)
    until(lambda: len(broker.versions) == 4)

    assert client.alive
    assert not client.connected
