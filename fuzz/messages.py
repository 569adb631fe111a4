"""What a hostile publisher sends to consumers, and a hostile sense to the uplink.

Seeds are the golden samples of the contract, in both codecs, and one of each message of the
handover. A case is tried as a whole: read, shown as `edgenode watch` does, encoded for the broker.
Every second case is a payload, so that 10,000 cases are 5,000 of each.
"""

import contextlib
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from edgenode import config
from edgenode.backend import Board
from edgenode.backend.arrivals import Arrivals
from edgenode.cli import _lines
from edgenode.errors import EdgenodeError
from edgenode.handover import protocol
from edgenode.messages import Hardware, ModelMeta, PluginMeta
from edgenode.mqtt.exchange import Received
from edgenode.node import Node
from edgenode.uplink.acceptance import Acceptance
from edgenode.uplink.encoding import Encoder
from edgenode.uplink.outbox import Outbox
from edgenode.uplink.retained import RetainedBoard
from edgenode.uplink.telemetry import Telemetry
from edgenode.uplink.topics import Topics
from edgenode.values import (
    KEYPOINTS,
    Area,
    Box,
    Category,
    Detection,
    Keypoint,
    Measurement,
    Pose,
    Result,
)

GOLDEN = Path(__file__).parent.parent / "tests" / "messages" / "golden"
PREFIX, RUN = "edgenode/v1", "0123456789ab"
BOARD = Hardware(model="a board", machine="aarch64", cores=4, memory_mb=2048)
NODE = Node(id="n1", name="Node 1", site="dock", hardware=BOARD)

ODD: tuple[Any, ...] = (
    None, True, -1, 0, 1 << 53, 1 << 63, (1 << 64) - 1, 1e308, -1e308, 1.0000001, float("inf"),
    float("nan"), "", "x" * 65, "x" * 600, "a\nb", "\x1b[2J", "\x00", "\u202e", "\U000e0001", [],
    {}, [[]], {"": {}}, b"\xff", "person", "n1",
)  # fmt: skip


class Case(NamedTuple):
    """Bytes for one of two readers; *topic* is empty for a handover frame."""

    topic: str
    payload: bytes


def cases(chance: random.Random) -> Iterator[Case]:
    """Yield cases without end, in turn a payload with its topic and a handover frame."""
    payloads, frames = list(_payloads()), list(_frames())
    while True:
        topic, seed = chance.choice(payloads)
        packed = seed[:1] >= b"\x90"
        payload = _mutated(chance, seed, msgspec.msgpack if packed else msgspec.json)
        yield Case(_topic(chance, topic), payload)
        yield Case("", _mutated(chance, chance.choice(frames), msgspec.msgpack))


def try_one(case: Case) -> None:
    """Have the product read *case*; raise what is no error of edgenode."""
    if case.topic:
        _consume(case)
        return
    for decode in (protocol.decode_to_uplink, protocol.decode_to_sense):
        with contextlib.suppress(EdgenodeError):
            decode(case.payload)
    _publish(case.payload)


def _consume(case: Case) -> None:
    received = Received(topic=case.topic, payload=case.payload, qos=1, retained=False)
    arrival = Arrivals(PREFIX).read(received)
    if arrival is None:
        return
    Board().add(arrival)
    line, text = _lines.line(arrival), _lines.verbatim(arrival)
    if not (line.isprintable() and text.isprintable()):
        raise AssertionError(f"it moves a cursor: {line!r} {text!r}")
    json.loads(text)


def _publish(frame: bytes) -> None:
    """Do with *frame* what the uplink does, up to the bytes for the broker."""
    topics = Topics(PREFIX, NODE.id)
    outbox, board = Outbox(config.Outbox(), "a" * 12), RetainedBoard()
    telemetry = Telemetry(NODE, "a" * 12, topics, board)
    # Of those that it rejects it logs the first one only.
    telemetry.totals.rejected = 1
    acceptance = Acceptance(outbox, telemetry)
    acceptance.receive(msgspec.msgpack.encode(protocol.Hello(run=RUN)))
    acceptance.receive(frame)
    for topic in board.due(fresh=True):
        board.take(topic)
    telemetry.health(outbox.health(), 60.0)
    for entry in outbox.begin(16):
        for codec in ("json", "msgpack"):
            Encoder(topics, config.Mqtt(codec=codec)).message(entry, 60.0)


def _payloads() -> Iterator[tuple[str, bytes]]:
    for file in sorted(GOLDEN.glob("v*/*.json")):
        kind = file.stem.replace("event_", "event/_")
        plugin = "/people" if kind in ("result", "event", "state") else ""
        for row in json.loads(file.read_text()) if file.stem != "schema" else ():
            yield f"{PREFIX}/n1/{kind}{plugin}", json.dumps(row["json"]).encode()
            if "msgpack" in row:
                yield f"{PREFIX}/n1/{kind}{plugin}", bytes.fromhex(row["msgpack"])


def _frames() -> Iterator[bytes]:
    found = (
        Detection("person", 0.9, Box(0.1, 0.2, 0.3, 0.4), 7),
        Pose(0.5, tuple(Keypoint(0.1, 0.2, 0.3) for _ in KEYPOINTS)),
        Category("cat", 0.5),
        Area("sky", 0.5),
        Measurement("temperature_c", -21.5),
    )
    result = Result(captured_at=1e9, findings=found, ms=12.5, model="ssd")
    event = protocol.EventRecord(
        plugin="words", captured_at=1e9, type="keyword", label="yes", score=0.9, zone="door"
    )
    model = ModelMeta(id="ssd", sha256="0" * 64, labels=("person", "cat"), input=(1, 3, 3, 3))
    plugin = PluginMeta(id="people", use="object-detection", model="ssd", source="front")
    snapshot = protocol.PluginSnapshot(fate="running", error="why")
    messages: tuple[protocol.ToUplink | protocol.ToSense, ...] = (
        protocol.Hello(run=RUN, kept=3),
        protocol.Offer(1, protocol.ResultRecord("people", result), 0.5),
        protocol.Offer(1, event),
        protocol.Inventory(models=(model,), plugins=(plugin,), cfg_hash="abc"),
        protocol.SenseSnapshot(plugins={"people": snapshot}, seen_bytes=9),
        protocol.Command(id="1", name="reload", args={"digest": "a"}),
        protocol.Answer(id="1", ok=True, code="done", data={"a": 1}),
        protocol.Welcome(3),
        protocol.Kept(3),
    )
    for message in messages:
        yield protocol.packet(message)[protocol.LENGTH.size :]


def _topic(chance: random.Random, topic: str) -> str:
    if chance.randrange(3):
        return topic
    parts = topic.split("/")
    parts[chance.randrange(len(parts))] = chance.choice(
        ("", "+", "#", "N1", "n" * 64, "_outbox", "a\nb", "\ufffd", "$SYS", "event", "meta")
    )
    return "/".join(parts) or "/"


def _mutated(chance: random.Random, seed: bytes, codec: Any) -> bytes:  # noqa: ANN401 a module
    """Return *seed* with an odd value in its structure, or with other bytes."""
    if chance.randrange(2):
        value = codec.decode(seed)
        for _ in range(chance.randint(1, 3)):
            value = _odd(chance, value)
        try:
            return bytes(codec.encode(value))
        except (TypeError, ValueError, OverflowError):
            return seed
    data = bytearray(seed)
    for _ in range(chance.randint(1, 4)):
        chance.choice(_OF_BYTES)(chance, data)
    return bytes(data)


def _odd(chance: random.Random, value: Any) -> Any:  # noqa: ANN401 what a codec knows
    """Return *value* with something odd at a random place in it."""
    if isinstance(value, dict) and value and chance.randrange(10):
        key = chance.choice(list(value))
        if not chance.randrange(10):
            return value | {chance.choice(("new", "type", "\n")): chance.choice(ODD)}
        return value | {key: _odd(chance, value[key])}
    if isinstance(value, list) and value and chance.randrange(10):
        place = chance.randrange(len(value))
        return [*value[:place], _odd(chance, value[place]), *value[place + 1 :]]
    return chance.choice(ODD)


def _flip(chance: random.Random, data: bytearray) -> None:
    if data:
        data[chance.randrange(len(data))] = chance.randrange(256)


def _cut(chance: random.Random, data: bytearray) -> None:
    del data[chance.randint(0, len(data)) :]


def _repeat(chance: random.Random, data: bytearray) -> None:
    start = chance.randint(0, len(data))
    piece = data[start : start + chance.randint(1, 64)]
    data[start:start] = piece * chance.choice((1, 2, 1000))


def _nest(chance: random.Random, data: bytearray) -> None:
    deep = chance.choice((b"[", b'{"a":', b"\x91", b"\x81\xa1a", b"\xdd\xff\xff\xff\xff"))
    place = chance.randint(0, len(data))
    data[place:place] = deep * chance.choice((1, 100, 2000))


def _spoil(chance: random.Random, data: bytearray) -> None:
    place = chance.randint(0, len(data))
    data[place:place] = chance.choice((b"\xff", b"\xed\xa0\x80", b"\\ud800", b"\x00", b"1e999"))


_OF_BYTES: tuple[Callable[[random.Random, bytearray], None], ...] = (
    _flip, _cut, _repeat, _nest, _spoil,
)  # fmt: skip
