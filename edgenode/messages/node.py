"""What the node says of itself: status, birth and health."""

from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta

from edgenode.messages.terms import (
    VERSION,
    Amount,
    Codec,
    Count,
    Finite,
    Millis,
    Name,
    Run,
    Seq,
    Text,
    Version,
)
from edgenode.values import MOST, Label, exactly

Side: TypeAlias = Annotated[int, Meta(ge=-1, le=MOST)]
"""Of a model's input; -1 where it is open."""

Days: TypeAlias = Annotated[int, Meta(ge=-100_000, le=100_000)]
"""Until something ends; negative once it has."""


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
    sha256: Annotated[str, exactly("[0-9a-f]{64}")]
    labels: Annotated[tuple[Label, ...], Meta(max_length=4096)] = ()
    input: Annotated[tuple[Side, ...], Meta(max_length=8)] = ()


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
    codec: Codec = "json"
    hw: Hardware
    models: tuple[ModelMeta, ...] = ()
    plugins: tuple[PluginMeta, ...] = ()
    commands: tuple[Text, ...] = ()
    cfg_hash: Text = ""


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
    cpu_c: Finite | None = None
    throttled: bool | None = None
    mem_mb: Amount | None = None
    disk_mb: Amount | None = None
    accelerators: tuple[AcceleratorHealth, ...] = ()
    plugins: dict[Name, PluginHealth]
    outbox: OutboxHealth
    mqtt: MqttHealth
    ingress: Ingress = Ingress()
    egress: Egress
    cert_days: Days | None = None
