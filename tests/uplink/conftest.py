"""A sense spoken by hand, an uplink on a broker, and the contract as a judge of payloads."""

import contextlib
import json
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from edgenode import config, messages
from edgenode.handover import (
    Accepted,
    FrameReader,
    Hello,
    Inventory,
    Offer,
    Record,
    ResultRecord,
    Settled,
    ToSense,
    ToUplink,
    decode_to_sense,
    frame,
)
from edgenode.messages import Hardware, Identity, ModelMeta, PluginMeta
from edgenode.node import Node
from edgenode.uplink.service import Uplink
from edgenode.values import Box, Detection, Result

START = "0123456789ab"
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


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the handover's socket will be."""
    return tmp_path / "run" / "handover.sock"


@pytest.fixture
def sense(path: Path) -> Iterator[Callable[..., Sense]]:
    """Return a function that connects a sense to the uplink."""
    with contextlib.ExitStack() as senses:

        def connect(**options: Any) -> Sense:  # noqa: ANN401
            return senses.enter_context(contextlib.closing(Sense(path, **options)))

        yield connect


@pytest.fixture
def uplink(path: Path) -> Iterator[Callable[..., Uplink]]:
    """Return a function that starts an uplink: ``uplink(url, outbox=..., **mqtt)``."""
    with contextlib.ExitStack() as uplinks:

        def start(url: str, outbox: config.Outbox | None = None, **mqtt: Any) -> Uplink:  # noqa: ANN401
            settings = config.Config(
                mqtt=config.Mqtt(url=url, **mqtt),
                handover=config.Handover(socket=str(path)),
                outbox=outbox or config.Outbox(),
            )
            one = Uplink(settings, NODE)
            one.start()
            uplinks.callback(one.stop)
            return one

        yield start


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
