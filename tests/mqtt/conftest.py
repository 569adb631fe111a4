"""A client of a broker, and one a handler that publishes through it."""

import contextlib
from collections.abc import Iterator

import pytest

from edgenode import config
from edgenode.errors import BrokerError
from edgenode.mqtt.client import Client, Handler
from edgenode.mqtt.exchange import Message
from edgenode.mqtt.link import Link
from tests.mqtt.certificates import Authority

WILL = Message(topic="t/status", payload=b'"lost"', retain=True)


class PublishAll(Handler):
    """Publishes what it is given as soon as there is room, and remembers the calls."""

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

    def acknowledged(self, packet_id: int, reason: int) -> None:
        del packet_id
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

    def lost(self, error: BrokerError | None) -> None:
        del error
        self.link = None
        self._under_way = 0


class Clients:
    """Starts clients, and makes the handlers that publish through them."""

    publish_all = PublishAll

    def __init__(self, ends: contextlib.ExitStack) -> None:
        self._ends = ends

    def __call__(self, handler: Handler, url: str, **settings: object) -> Client:
        client = Client(config.Mqtt(url=url, **settings), "n1", handler)
        client.start()
        self._ends.callback(client.stop)
        return client


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def connect() -> Iterator[Clients]:
    """Return what starts a client: ``connect(connect.publish_all(*messages), url, **mqtt)``."""
    with contextlib.ExitStack() as ends:
        yield Clients(ends)
