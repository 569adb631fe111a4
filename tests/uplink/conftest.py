"""A sense spoken by hand, an uplink on a broker, and the contract as a judge of payloads."""

import contextlib
import json
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from edgenode import config, messages
from edgenode.handover import (
    Accepted,
    EventRecord,
    FrameReader,
    Hello,
    Inventory,
    Offer,
    Record,
    ResultRecord,
    Settled,
    ToSense,
    ToUplink,
    Vitals,
    decode_to_sense,
    frame,
)
from edgenode.messages import Hardware, Identity, ModelMeta, PluginMeta
from edgenode.node import Node
from edgenode.uplink.intake import Intake
from edgenode.uplink.ledger import Identities, Ledger
from edgenode.uplink.outbox import Entry, MemoryOutbox
from edgenode.uplink.reception import Reception
from edgenode.uplink.service import Uplink
from edgenode.uplink.topics import Topics
from edgenode.values import Box, Detection, Result

if TYPE_CHECKING:
    from tests.conftest import Mosquitto, Witness

START, RUN = "0123456789ab", "a" * 12
INVENTORY = Inventory(
    models=(ModelMeta(id="ssd", sha256="0" * 64, labels=("person", "kite"), input=(300, 300, 3)),),
    plugins=(PluginMeta(id="people", use="object-detection", model="ssd", source="front"),),
    cfg_hash="abc",
)
NODE = Node(
    id="n1",
    name="Node 1",
    site="dock",
    hardware=Hardware(model="a board", machine="aarch64", cores=4, memory_mb=2048),
)


def record(*, plugin: str = "people", score: float = 0.9, at: float | None = None) -> ResultRecord:
    found = Detection("person", score, Box(0.1, 0.2, 0.3, 0.4))
    captured_at = time.time() if at is None else at
    return ResultRecord(plugin, Result(captured_at=captured_at, findings=(found,), model="ssd"))


class Sense:
    """The other end of the handover, one word at a time."""

    def __init__(self, path: Path, start: str = START, inventory: Inventory = INVENTORY) -> None:
        self._connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._connection.settimeout(10)
        self._connection.connect(str(path))
        self._reader = FrameReader(self._connection)
        self.say(Hello(start, inventory))
        self.welcome = self.hear()

    def say(self, message: ToUplink) -> None:
        self._connection.sendall(frame(message))

    def say_raw(self, payload: bytes) -> None:
        self._connection.sendall(len(payload).to_bytes(4, "big") + payload)

    def offer(self, number: int, what: Record, identity: Identity | None = None) -> None:
        self.say(Offer(number, what, identity))

    def hear(self) -> ToSense:
        payload = self._reader.read()
        assert payload is not None
        return decode_to_sense(payload)

    def accepted(self, count: int = 1) -> list[Accepted]:
        return self._hear_kind(Accepted, count)

    def settled(self, count: int = 1) -> list[int]:
        return [said.number for said in self._hear_kind(Settled, count)]

    def close(self) -> None:
        self._connection.close()

    def _hear_kind(self, kind: type, count: int) -> list[Any]:
        found: list[Any] = []
        while len(found) < count:
            said = self.hear()
            if isinstance(said, kind):
                found.append(said)
        return found


class Site:
    """A node's uplink with a broker and a sense around it, as a test asks for them."""

    def __init__(self, path: Path, broker: "Mosquitto", watch: "Callable[..., Witness]") -> None:
        self.path = path
        self.broker = broker
        self.ends = contextlib.ExitStack()
        self._watch = watch

    def uplink(self, **tables: Any) -> Uplink:  # noqa: ANN401
        """Start an uplink; *tables* are those of the configuration."""
        one = Uplink(self.settings(**tables), NODE)
        one.start()
        self.ends.callback(one.stop)
        return one

    def settings(self, **tables: Any) -> config.Config:  # noqa: ANN401
        mqtt = config.Mqtt(url=self.broker.url, **tables.pop("mqtt", {}))
        return config.Config(mqtt=mqtt, handover=config.Handover(socket=str(self.path)), **tables)

    def sense(self, **options: Any) -> Sense:  # noqa: ANN401
        """Connect a sense to the uplink."""
        return self.ends.enter_context(contextlib.closing(Sense(self.path, **options)))

    def witness(self, topic: str = "#") -> "Witness":
        """Subscribe as a consumer would."""
        return self._watch(self.broker.url, topic)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the handover's socket will be."""
    return tmp_path / "run" / "handover.sock"


@pytest.fixture
def sense(path: Path) -> Iterator[Callable[..., Sense]]:
    """Return a function that connects a sense to whoever listens."""
    with contextlib.ExitStack() as senses:

        def connect(**options: Any) -> Sense:  # noqa: ANN401
            return senses.enter_context(contextlib.closing(Sense(path, **options)))

        yield connect


@pytest.fixture
def site_on(
    path: Path, mosquitto: "Callable[..., Mosquitto]", witness: "Callable[..., Witness]"
) -> Iterator[Callable[..., Site]]:
    """Return a function that makes a site whose broker has these settings."""
    with contextlib.ExitStack() as sites:

        def make(settings: str = "allow_anonymous true") -> Site:
            site = Site(path, mosquitto(settings), witness)
            sites.enter_context(site.ends)
            return site

        yield make


@pytest.fixture
def site(site_on: Callable[[], Site]) -> Site:
    """Return a site whose broker lets everyone in."""
    return site_on()


@pytest.fixture
def finding() -> Callable[..., ResultRecord]:
    """Return a function that makes a result with one person in it."""
    return record


@pytest.fixture(scope="session")
def judge() -> Callable[[str, bytes], dict[str, Any]]:
    """Return a function that checks a payload against the printed schema and returns it."""
    schema = messages.schema()

    def check(topic: str, payload: bytes) -> dict[str, Any]:
        """Fail unless *payload* may be on *topic*, spelt as in the schema (``result``)."""
        one = {**schema["topics"][topic], "$defs": schema["$defs"]}
        said: dict[str, Any] = json.loads(payload)
        jsonschema.validate(said, one, jsonschema.Draft202012Validator)
        return said

    return check


class Desk:
    """An intake with all that is behind it, but no broker."""

    def __init__(self, path: Path, **limits: float) -> None:
        self.path = path
        self.inventories: list[Inventory] = []
        self.news: list[Vitals] = []
        self.results: list[ResultRecord] = []
        self.outbox = MemoryOutbox(config.Outbox(**limits), self._settle, lambda: None)
        ledger = Ledger(Identities(RUN))
        self.reception = Reception(ledger, self.outbox, Topics("e", "n1"), self)
        self.intake = Intake(str(path), self.reception)

    def inventory(self, inventory: Inventory) -> None:
        self.inventories.append(inventory)

    def vitals(self, vitals: Vitals) -> None:
        self.news.append(vitals)

    def result(self, record: ResultRecord) -> None:
        self.results.append(record)

    def _settle(self, entry: Entry) -> None:
        self.intake.settle(entry)

    def waiting(self) -> int:
        return self.outbox.figures().messages

    def acknowledge(self, most: int) -> list[Entry]:
        entries = self.outbox.take(most)
        for entry in entries:
            self.outbox.acknowledge(entry)
        return entries


@pytest.fixture
def desk_at() -> Callable[..., Desk]:
    """Return a function that makes a desk there, not begun: ``desk_at(path, **limits)``."""
    return Desk


@pytest.fixture
def desk(path: Path) -> Iterator[Desk]:
    one = Desk(path)
    one.intake.start()
    yield one
    one.intake.stop()


@pytest.fixture
def event() -> EventRecord:
    """Return a keyword that was heard just now."""
    return EventRecord(
        plugin="words", captured_at=time.time(), type="keyword", label="yes", score=0.9
    )
