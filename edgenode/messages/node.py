"""The payloads about the node itself: status, meta and health."""

from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta

from edgenode.messages.terms import (
    VERSION,
    Amount,
    Codec,
    Count,
    Finite,
    Name,
    Run,
    Seq,
    Text,
    Time,
    Version,
)
from edgenode.values import LARGEST_INT, MOST_LABELS, Label, exactly

Side: TypeAlias = Annotated[int, Meta(ge=-1, le=LARGEST_INT)]
"""One dimension of a model's input; -1 if it may have any size."""

Days: TypeAlias = Annotated[int, Meta(ge=-100_000, le=100_000)]
"""Days until something ends; negative after that."""


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """``{node}/status``, retained; the will is offline/lost with the same run and conn.

    Attributes:
        conn: number of this connection within the run, so that an old will can be told and ignored.
        state: whether the node is there.
        reason: why it came or went.
    """

    v: Version = VERSION
    state: Literal["online", "offline"]
    reason: Literal["boot", "reconnect", "shutdown", "lost"]
    run: Run
    conn: Seq
    ts: Time


class ModelMeta(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A model in use: what a backend needs to read class ids and to audit what ran.

    Attributes:
        id: as in results.
        sha256: of the file.
        labels: in the order of their class ids.
        input: shape of the input.
    """

    id: Annotated[str, Meta(max_length=64)]
    sha256: Annotated[str, exactly("[0-9a-f]{64}")]
    labels: Annotated[tuple[Label, ...], Meta(max_length=MOST_LABELS)] = ()
    input: Annotated[tuple[Side, ...], Meta(max_length=8)] = ()


class PluginMeta(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A plugin's table: its name in topics, its entry point, its model and its source.

    Attributes:
        id: its name in topics.
        use: its entry point.
        model: id of its model, empty for none.
        source: name of its source.
    """

    id: Name
    use: Text
    model: Text = ""
    source: Text = ""


class Hardware(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the node runs on, as far as the system tells.

    Attributes:
        model: name of the board.
        machine: architecture of the processor.
        cores: of the processor.
        memory_mb: in all.
        os: name and version of the system.
    """

    model: Text
    machine: Text
    cores: Count
    memory_mb: Count
    os: Text = ""


class Birth(msgspec.Struct, frozen=True, kw_only=True):
    """``{node}/meta``, retained: what this node is and runs.

    Attributes:
        node: as in topics.
        name: for people.
        site: where it stands, for people.
        sw: version of edgenode.
        schema: name and version of these messages.
        codec: of results and events.
        hw: what it runs on.
        models: in use.
        plugins: in use.
        commands: that it answers.
        cfg_hash: of the configuration in force.
        cfg_error: why the one that was to follow it is refused; absent where none was.
    """

    v: Version = VERSION
    node: Name
    name: Text = ""
    site: Text = ""
    run: Run
    ts: Time
    sw: Text
    schema: Text = "edgenode/v1"
    codec: Codec = "json"
    hw: Hardware
    models: tuple[ModelMeta, ...] = ()
    plugins: tuple[PluginMeta, ...] = ()
    commands: tuple[Text, ...] = ()
    cfg_hash: Text = ""
    cfg_error: Text | msgspec.UnsetType = msgspec.UNSET


class PluginHealth(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A pipeline's figures over the last period; ``lost``: samples overwritten since the start.

    Attributes:
        fps: inferences per second.
        p50_ms, p95_ms: duration of an inference: half, and 95 of 100, were not longer.
        lost: samples overwritten since the start.
    """

    fps: Amount = 0.0
    p50_ms: Amount = 0.0
    p95_ms: Amount = 0.0
    lost: Count = 0


class AcceleratorHealth(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An Edge TPU as the node sees it.

    Attributes:
        id: where it is plugged in.
        state: how it fares.
    """

    id: Text
    state: Text


class OutboxHealth(msgspec.Struct, frozen=True, kw_only=True):
    """What waits for the broker; the last two count since the start.

    Attributes:
        messages: that wait.
        bytes: of their payloads.
        oldest_s: age of the oldest in seconds.
        dropped: since the start.
        resent: since the start.
    """

    messages: Count = 0
    bytes: Count = 0
    oldest_s: Amount = 0.0
    dropped: Count = 0
    resent: Count = 0


class MqttHealth(msgspec.Struct, frozen=True, kw_only=True):
    """The connection; ``denied`` counts publishes the broker refused.

    Attributes:
        protocol: version of MQTT.
        reconnects: since the start.
        denied: publishes the broker refused since the start.
        unheard: results and events since the start to which nobody subscribed, as far as the
            broker tells; absent on MQTT 3.1.1, where none can.
    """

    protocol: Text = ""
    reconnects: Count = 0
    denied: Count = 0
    unheard: Count | msgspec.UnsetType = msgspec.UNSET


class Ingress(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes of pictures and sound the plugins have seen since the start; none of them left.

    Attributes:
        bytes: of samples.
    """

    bytes: Count = 0


class Egress(msgspec.Struct, frozen=True, kw_only=True):
    """Payload bytes published since the start, and what the gate rejected.

    Attributes:
        bytes: of payloads.
        rejected: that were not in the contract.
    """

    bytes: Count = 0
    rejected: Count = 0


class Health(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """``{node}/health``: periodic counters; a field is absent where the system does not tell.

    Attributes:
        up_s: since the start, in seconds.
        clock: whether it was set by a time server.
        cpu_c: temperature of the processor in degrees Celsius.
        throttled: the processor is slowed down now, by heat or by a weak supply.
        mem_mb: memory that the uplink takes.
        disk_mb: free on the root file system.
        accelerators: as the node sees them.
        plugins: by name.
        outbox: what waits for the broker.
        mqtt: the connection.
        ingress: what the plugins have seen.
        egress: what has left.
        cert_days: until the certificate ends.
    """

    v: Version
    ts: Time
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
