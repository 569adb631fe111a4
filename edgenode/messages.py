"""What may leave the device: every payload of the MQTT contract, and nothing else.

The JSON Schema of the contract is generated from these types, and the same types encode the
messages, so the two cannot disagree. Times are Unix milliseconds, coordinates fractions of the full
frame with three decimals. Fields that are None, empty or false by default stay off the wire.
"""

import secrets
from collections import Counter
from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import Meta

from edgenode.values import (
    Area,
    Category,
    Detection,
    Finding,
    Fraction,
    Id,
    Label,
    Measurement,
    Pose,
    Result,
)

VERSION = 1
LATE_AFTER_S = 60.0

Name: TypeAlias = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
"""A node or plugin in a topic: no dots (RabbitMQ rewrites them), no spaces (NATS refuses them)."""

Run: TypeAlias = Annotated[str, Meta(pattern=r"^[0-9a-f]{12}$")]
Seq: TypeAlias = Annotated[int, Meta(ge=1)]
Count: TypeAlias = Annotated[int, Meta(ge=0)]
Millis: TypeAlias = Annotated[int, Meta(ge=0)]
Amount: TypeAlias = Annotated[float, Meta(ge=0.0)]
Text: TypeAlias = Annotated[str, Meta(max_length=512)]
Version: TypeAlias = Annotated[int, Meta(ge=1)]
Coordinates: TypeAlias = tuple[Fraction, Fraction, Fraction, Fraction]
Point: TypeAlias = tuple[Fraction, Fraction, Fraction]
Counts: TypeAlias = dict[Label, Count]

Fate: TypeAlias = Literal[
    "starting",
    "running",
    "finished",
    "failed",
    "load-error",
    "config-error",
    "model-error",
    "device-error",
]
"""What became of a plugin: a value that is published and shown, never a crash of the others."""


class Identity(msgspec.Struct, frozen=True):
    """(run, seq) of a result or event; with the node it is unique for ever.

    Attributes:
        run: new at each start of the uplink.
        seq: counts from 1 without gaps over results and events together.
    """

    run: Run
    seq: Seq


def new_run() -> str:
    """Return an id for one start of the uplink: twelve hexadecimal digits."""
    return secrets.token_hex(6)


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """``{node}/status``, retained; the will is offline/lost with the same run and conn.

    Attributes:
        conn: number of this connection within the run, so that an old will can be told and ignored.
    """

    v: Version = VERSION
    state: Literal["online", "offline"]
    reason: Literal["boot", "reconnect", "shutdown", "lost"]
    run: Run
    conn: Seq
    ts: Millis


class ModelMeta(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A model in use: what a backend needs to read class ids and to audit what ran."""

    id: Annotated[str, Meta(max_length=64)]
    sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
    labels: Annotated[tuple[Label, ...], Meta(max_length=4096)] = ()
    input: Annotated[tuple[int, ...], Meta(max_length=8)] = ()


class PluginMeta(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A plugin's table: its name in topics, its entry point, its model and its source."""

    id: Name
    use: Text
    model: Text = ""
    source: Text = ""


class Hardware(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the node runs on, as far as the system tells."""

    model: Text
    machine: Text
    cores: Count
    memory_mb: Count
    os: Text = ""


class Birth(msgspec.Struct, frozen=True, kw_only=True):
    """``{node}/meta``, retained: what this node is and runs."""

    v: Version = VERSION
    node: Name
    name: Text = ""
    site: Text = ""
    run: Run
    ts: Millis
    sw: Text
    schema: Text = "edgenode/v1"
    codec: Literal["json"] = "json"
    hw: Hardware
    models: tuple[ModelMeta, ...] = ()
    plugins: tuple[PluginMeta, ...] = ()
    commands: tuple[Text, ...] = ()
    cfg_hash: Text = ""


class Object(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A detection on the wire; ``box`` is left, top, right, bottom."""

    label: Label
    score: Fraction
    box: Coordinates
    id: Id | None = None


class PoseMessage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A pose on the wire: x, y, score of each of the seventeen keypoints, in COCO's order."""

    score: Fraction
    keypoints: Annotated[tuple[Point, ...], Meta(min_length=17, max_length=17)]
    id: Id | None = None


class CategoryMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A category on the wire."""

    label: Label
    score: Fraction


class ResultMessage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """``{node}/result/{plugin}``: one inference that the filters kept."""

    v: Version
    ts: Millis
    run: Run
    seq: Seq
    ms: Amount
    model: Text
    counts: Counts
    degraded: bool = False
    late: bool = False
    objects: tuple[Object, ...] = ()
    poses: tuple[PoseMessage, ...] = ()
    categories: tuple[CategoryMessage, ...] = ()
    areas: dict[Label, Fraction] = {}
    values: dict[Label, float] = {}


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """``{node}/event/{plugin}``: something happened."""

    v: Version
    ts: Millis
    run: Run
    seq: Seq
    type: Literal["enter", "update", "leave", "keyword"]
    label: Label
    score: Fraction
    id: Id | None = None
    zone: Label | None = None
    dur_ms: Millis | None = None
    late: bool = False


class Dropped(msgspec.Struct, frozen=True, kw_only=True):
    """``{node}/event/_outbox``: results and events that were dropped, so every gap is explained.

    Attributes:
        of: the run the dropped messages belonged to.
        ranges: first and last seq of each range, both dropped.
    """

    v: Version
    ts: Millis
    run: Run
    seq: Seq
    type: Literal["dropped"] = "dropped"
    reason: Literal["overflow", "expired", "refused"]
    of: Run
    ranges: tuple[tuple[Seq, Seq], ...]


class State(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """``{node}/state/{plugin}``, retained: how things stand, for dashboards that come later.

    Attributes:
        fate: what became of the plugin.
        error: one line naming the fault and the cure, where there is one.
    """

    v: Version
    ts: Millis
    counts: Counts
    fate: Fate
    error: Text = ""


class PluginHealth(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A pipeline's figures over the last period; ``lost``: samples overwritten since the start."""

    fps: Amount = 0.0
    p50_ms: Amount = 0.0
    p95_ms: Amount = 0.0
    lost: Count = 0


class AcceleratorHealth(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An Edge TPU as the node sees it."""

    id: Text
    state: Text


class OutboxHealth(msgspec.Struct, frozen=True, kw_only=True):
    """What waits for the broker; the last two count since the start."""

    messages: Count = 0
    bytes: Count = 0
    oldest_s: Amount = 0.0
    dropped: Count = 0
    resent: Count = 0


class MqttHealth(msgspec.Struct, frozen=True, kw_only=True):
    """The connection; ``denied`` counts publishes the broker refused."""

    protocol: Text = ""
    reconnects: Count = 0
    denied: Count = 0


class Ingress(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes of pictures and sound the plugins have seen since the start; none of them left."""

    bytes: Count = 0


class Egress(msgspec.Struct, frozen=True, kw_only=True):
    """Payload bytes published since the start, and what the gate rejected."""

    bytes: Count = 0
    rejected: Count = 0


class Health(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """``{node}/health``: periodic counters; a field is absent where the system does not tell."""

    v: Version
    ts: Millis
    run: Run
    up_s: Amount
    clock: Literal["synced", "unsynced"]
    cpu_c: float | None = None
    throttled: bool | None = None
    mem_mb: Amount | None = None
    disk_mb: Amount | None = None
    accelerators: tuple[AcceleratorHealth, ...] = ()
    plugins: dict[Name, PluginHealth]
    outbox: OutboxHealth
    mqtt: MqttHealth
    ingress: Ingress = Ingress()
    egress: Egress
    cert_days: int | None = None


SENT = {
    "status": Status,
    "meta": Birth,
    "result": ResultMessage,
    "event": Event,
    "event/_outbox": Dropped,
    "state": State,
    "health": Health,
}
"""Payload type by the part of the topic after the node."""


def schema() -> dict[str, Any]:
    """Return one JSON Schema (2020-12) with every payload under ``$defs``, topics beside them."""
    _, components = msgspec.json.schema_components(SENT.values(), ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"edgenode messages, version {VERSION}",
        "topics": {topic: {"$ref": f"#/$defs/{kind.__name__}"} for topic, kind in SENT.items()},
        "$defs": components,
    }


def millis(at: float) -> int:
    """Return seconds since the epoch as whole milliseconds."""
    return round(at * 1000)


def count(findings: tuple[Finding, ...]) -> dict[str, int]:
    """Return how many findings there are of each label; a pose counts as ``person``."""
    return dict(Counter(_label(finding) for finding in findings if _countable(finding)))


def result(found: Result, identity: Identity, *, late: bool = False) -> ResultMessage:
    """Return *found* as its payload: rounded, and sorted by kind."""
    findings = found.findings
    return ResultMessage(
        v=VERSION,
        ts=millis(found.captured_at),
        run=identity.run,
        seq=identity.seq,
        ms=round(found.ms, 1),
        model=found.model,
        counts=count(findings),
        degraded=found.degraded,
        late=late,
        objects=tuple(_object(f) for f in findings if isinstance(f, Detection)),
        poses=tuple(_pose(f) for f in findings if isinstance(f, Pose)),
        categories=tuple(
            CategoryMessage(label=f.label, score=round(f.score, 3))
            for f in findings
            if isinstance(f, Category)
        ),
        areas={f.label: round(f.share, 4) for f in findings if isinstance(f, Area)},
        values={f.name: f.value for f in findings if isinstance(f, Measurement)},
    )


def _countable(finding: Finding) -> bool:
    return not isinstance(finding, Area | Measurement)


def _label(finding: Finding) -> str:
    return "person" if isinstance(finding, Pose) else finding.label  # type: ignore[union-attr]


def _object(found: Detection) -> Object:
    box = found.box
    corners = (round(box.left, 3), round(box.top, 3), round(box.right, 3), round(box.bottom, 3))
    return Object(label=found.label, score=round(found.score, 3), box=corners, id=found.id)


def _pose(found: Pose) -> PoseMessage:
    points = tuple((round(k.x, 3), round(k.y, 3), round(k.score, 3)) for k in found.keypoints)
    return PoseMessage(score=round(found.score, 3), keypoints=points, id=found.id)
