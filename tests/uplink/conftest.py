"""A sense whose messages a test sends one by one, an uplink on a broker, a check by the schema."""

import contextlib
import json
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import msgspec
import pytest

from edgenode import clock, config, messages
from edgenode.handover.listener import Listener
from edgenode.handover.protocol import (
    EventRecord,
    Hello,
    Inventory,
    Kept,
    Offer,
    Record,
    ResultRecord,
    SenseSnapshot,
    ToSense,
    ToUplink,
    Welcome,
    decode_to_sense,
    packet,
)
from edgenode.handover.receiver import Receiver, Timing
from edgenode.handover.wire import Wire
from edgenode.messages import Hardware, ModelMeta, PluginMeta
from edgenode.node import Node
from edgenode.uplink.acceptance import Acceptance
from edgenode.uplink.outbox import Entry, Outbox
from edgenode.uplink.retained import RetainedBoard
from edgenode.uplink.telemetry import Telemetry
from edgenode.uplink.timing import Timing as UplinkTiming
from edgenode.uplink.topics import Topics
from edgenode.uplink.uplink import Uplink
from edgenode.values import Box, Detection, Result
from edgenode.waker import Waker

if TYPE_CHECKING:
    from tests.brokers import Consumer, Gate, Mosquitto

RUN, UPLINKS_RUN = "0123456789ab", "a" * 12
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
    """The other end of the handover, one message at a time; it also runs the plugins *also*."""

    def __init__(
        self,
        path: Path,
        run: str = RUN,
        inventory: Inventory = INVENTORY,
        kept: int = 0,
        also: Iterable[str] = (),
    ) -> None:
        others = tuple(PluginMeta(id=name, use="other") for name in also)
        self._connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._connection.connect(str(path))
        self._wire = Wire(self._connection)
        self._connection.settimeout(10)
        self._received: list[ToSense] = []
        self.send(Hello(run=run, kept=kept))
        self.send(msgspec.structs.replace(inventory, plugins=inventory.plugins + others))
        self.welcome = self.receive()

    def send(self, message: ToUplink) -> None:
        self._connection.sendall(packet(message))

    def send_raw(self, payload: bytes) -> None:
        self._connection.sendall(len(payload).to_bytes(4, "big") + payload)

    def offer(self, seq: int, what: Record, at_offset: float | None = None) -> None:
        self.send(Offer(seq, what, clock.offset() if at_offset is None else at_offset))

    def receive(self) -> ToSense:
        while not self._received:
            self._received += map(decode_to_sense, self._wire.receive())
        return self._received.pop(0)

    def kept(self, seq: int) -> int:
        """Wait until all up to *seq* is kept; return how much is."""
        welcome = self.welcome
        kept = welcome.kept if isinstance(welcome, Welcome) else 0
        while kept < seq:
            message = self.receive()
            kept = message.seq if isinstance(message, Kept) else kept
        return kept

    def close(self) -> None:
        self._connection.close()


class Site:
    """A node's uplink with a broker and a sense around it, as a test asks for them."""

    def __init__(
        self,
        path: Path,
        broker: "Mosquitto",
        watch: "Callable[..., Consumer]",
        gate: "Callable[..., Gate]",
    ) -> None:
        self.path = path
        self.broker = broker
        self.ends = contextlib.ExitStack()
        self._watch = watch
        self._gate = gate
        self._url = broker.url

    def uplink(self, **tables: Any) -> Uplink:  # noqa: ANN401
        """Start an uplink; *tables* are those of the configuration."""
        timing = tables.pop("timing", None)
        one = Uplink(self.settings(**tables), NODE, timing)
        one.start()
        self.ends.callback(one.stop)
        return one

    def gate(self, forbidden: bytes | None = None) -> "Gate":
        """Have all later uplinks go through a gate; consumers do not."""
        gate: Gate = self._gate(self.broker.port, forbidden)
        self._url = gate.url
        return gate

    def settings(self, **tables: Any) -> config.Config:  # noqa: ANN401
        mqtt = config.Mqtt(url=self._url, **tables.pop("mqtt", {}))
        tables.setdefault("outbox", config.Outbox())
        return config.Config(mqtt=mqtt, handover=config.Handover(socket=str(self.path)), **tables)

    def sense(self, **options: Any) -> Sense:  # noqa: ANN401
        """Connect a sense to the uplink."""
        return self.ends.enter_context(contextlib.closing(Sense(self.path, **options)))

    def consumer(self, topic: str = "#") -> "Consumer":
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
    path: Path,
    mosquitto: "Callable[..., Mosquitto]",
    consumer: "Callable[..., Consumer]",
    gate: "Callable[..., Gate]",
) -> Iterator[Callable[..., Site]]:
    """Return a function that makes a site whose broker has these settings."""
    with contextlib.ExitStack() as sites:

        def make(settings: str = "allow_anonymous true\nmax_queued_messages 0") -> Site:
            site = Site(path, mosquitto(settings), consumer, gate)
            sites.enter_context(site.ends)
            return site

        yield make


@pytest.fixture
def site(site_on: Callable[[], Site]) -> Site:
    """Return a site whose broker lets everyone in, and drops nothing for a slow consumer."""
    return site_on()


@pytest.fixture
def finding() -> Callable[..., ResultRecord]:
    """Return a function that makes a result with one person in it."""
    return record


@pytest.fixture(scope="session")
def validate() -> Callable[[str, bytes], dict[str, Any]]:
    """Return a function that checks a payload against the printed schema and returns it."""
    schema = messages.schema()

    def check(topic: str, payload: bytes) -> dict[str, Any]:
        """Fail unless *payload* may be on *topic*, spelt as in the schema (``result``)."""
        one = {**schema["topics"][topic], "$defs": schema["$defs"]}
        decoded: dict[str, Any] = json.loads(payload)
        jsonschema.validate(decoded, one, jsonschema.Draft202012Validator)
        return decoded

    return check


class Recorder(Telemetry):
    """Remembers what it was given. A test may act while a message is received: ``meanwhile``."""

    def __init__(self) -> None:
        super().__init__(NODE, UPLINKS_RUN, Topics("e", NODE.id), RetainedBoard())
        self.inventories: list[Inventory] = []
        self.snapshots: list[SenseSnapshot] = []
        self.results: list[ResultRecord] = []
        self.meanwhile: dict[type, Callable[[], None]] = {}

    def inventory(self, inventory: Inventory) -> None:
        super().inventory(inventory)
        self.inventories.append(inventory)
        self._act(Inventory)

    def snapshot(self, snapshot: SenseSnapshot) -> None:
        super().snapshot(snapshot)
        self.snapshots.append(snapshot)
        self._act(SenseSnapshot)

    def result(self, record: ResultRecord) -> None:
        super().result(record)
        self.results.append(record)

    def _act(self, kind: type) -> None:
        if kind in self.meanwhile:
            self.meanwhile[kind]()


class UplinkWithoutBroker:
    """What receives from sense, and the outbox; the test takes the broker's part."""

    def __init__(
        self, path: Path, timing: Timing | None = None, user: str = "", **limits: float
    ) -> None:
        self.path = path
        self.telemetry = Recorder()
        waker = Waker()
        self.outbox = Outbox(config.Outbox(**limits), UPLINKS_RUN, ended=waker.wake)
        acceptance = Acceptance(self.outbox, self.telemetry)
        self.receiver = Receiver(Listener(path, user), acceptance, waker, timing or Timing())

    def waiting(self) -> int:
        return self.outbox.health().messages

    def deliver(self, most: int) -> list[Entry]:
        """Have the broker acknowledge so many."""
        entries = self.outbox.begin(most)
        self.outbox.end(done=[entry.identity for entry in entries])
        return entries


@pytest.fixture
def uplink_at() -> Callable[..., UplinkWithoutBroker]:
    """Return a function that makes one there, not started: ``uplink_at(path, **limits)``."""
    return UplinkWithoutBroker


@pytest.fixture
def uplink(path: Path) -> Iterator[UplinkWithoutBroker]:
    one = UplinkWithoutBroker(path)
    one.receiver.start()
    yield one
    one.receiver.stop()


@pytest.fixture
def impatient() -> UplinkTiming:
    """Return waiting times for a broker that is expected to fail."""
    return UplinkTiming(stall_s=0.5)


@pytest.fixture
def event() -> EventRecord:
    """Return a keyword that was heard just now."""
    at = time.time()
    return EventRecord(plugin="words", captured_at=at, type="keyword", label="yes", score=0.9)
