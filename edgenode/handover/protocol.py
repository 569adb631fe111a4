"""The messages between sense and uplink, and how a finding is handed over without being lost.

The two talk over a stream socket in the file system: unlike TCP it reaches across network
namespaces. A packet is four bytes of length, big endian, and one message in MessagePack. It is
decoded strictly: only the messages in this module pass.

1. Sense sends ``Hello``: its run, and the highest seq of it that was kept. The uplink answers
   ``Welcome``: the highest seq of that run that is safe, as far as the uplink knows.
2. Sense sends each finding as an ``Offer``, in the order of ``seq``, and keeps a copy. If a seq is
   missing, sense has dropped that finding, and the uplink reports it as dropped.
3. The uplink sends ``Kept(seq)``: all findings up to this seq are safe. Each was acknowledged by
   the broker, or it was dropped and the report of that was acknowledged. Sense forgets its copies.

Sense gives each finding its identity (node, run, seq). If the uplink dies, sense sends all findings
that were not kept again. A finding the broker had already is then a duplicate with the same
identity. ``Inventory`` and ``SenseSnapshot`` have no number: a newer one replaces the older, and
sense sends the newest on each new connection. Either side may send a ``Command``; the other side
sends an ``Answer``.
"""

import struct
from typing import Annotated, Any, TypeAlias

import msgspec
from msgspec import Meta

from edgenode.errors import ContractError
from edgenode.messages import (
    AcceleratorHealth,
    Count,
    EventType,
    Fate,
    Millis,
    ModelMeta,
    Name,
    PluginHealth,
    PluginMeta,
    Run,
    Seq,
    Text,
)
from edgenode.values import Finite, Fraction, Id, Label, Result

MAX_PACKET = 1 << 20
"""Bytes of the longest message that either side accepts."""


class ResultRecord(
    msgspec.Struct, frozen=True, tag_field="record", tag="result", forbid_unknown_fields=True
):
    """A result, to be published on ``result/{plugin}``."""

    plugin: Name
    result: Result

    @property
    def captured_at(self) -> float:
        """When the sample was captured, in seconds since the epoch."""
        return self.result.captured_at


class EventRecord(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    tag_field="record",
    tag="event",
    forbid_unknown_fields=True,
):
    """An event, to be published on ``event/{plugin}``."""

    plugin: Name
    captured_at: Annotated[float, Meta(ge=0.0, lt=1e11)]
    type: EventType
    label: Label
    score: Fraction
    id: Id | None = None
    zone: Label | None = None
    dur_ms: Millis | None = None


Record: TypeAlias = ResultRecord | EventRecord

Offset: TypeAlias = Annotated[float, Meta(gt=-1e11, lt=1e11)]
"""Seconds between two clocks. Bounded, so that a corrected time is still one of the contract."""


class Inventory(
    msgspec.Struct, frozen=True, kw_only=True, tag="inventory", forbid_unknown_fields=True
):
    """The models and plugins that sense runs, for the node's meta. Sent when they change."""

    models: tuple[ModelMeta, ...] = ()
    plugins: tuple[PluginMeta, ...] = ()
    cfg_hash: Text = ""


class Hello(msgspec.Struct, frozen=True, kw_only=True, tag="hello", forbid_unknown_fields=True):
    """The first packet of a connection.

    Attributes:
        run: id of this start of sense.
        kept: the highest ``Kept`` of this run that sense has received.
    """

    run: Run
    kept: Count = 0


class Offer(msgspec.Struct, frozen=True, tag="offer", forbid_unknown_fields=True):
    """A finding that sense offers to the uplink.

    Attributes:
        seq: its number within the run of sense.
        record: the result or event.
        clock: ``clock.offset()`` at the capture. If the clock is set later, the uplink corrects the
            capture time by the difference.
    """

    seq: Seq
    record: Record
    clock: Offset = 0.0


class PluginSnapshot(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The state of one plugin at one moment."""

    fate: Fate
    error: Text = ""
    health: PluginHealth = PluginHealth()


class SenseSnapshot(
    msgspec.Struct, frozen=True, kw_only=True, tag="snapshot", forbid_unknown_fields=True
):
    """The state of sense at one moment.

    Sent each second, whenever a fate changes, and on each new connection.

    Attributes:
        seen_bytes: bytes of samples the sources have yielded since the start.
    """

    plugins: dict[Name, PluginSnapshot]
    accelerators: tuple[AcceleratorHealth, ...] = ()
    seen_bytes: Count = 0


CommandId: TypeAlias = Annotated[str, Meta(min_length=1, max_length=64)]
Plain: TypeAlias = bool | Finite | Text | None


class Answer(msgspec.Struct, frozen=True, kw_only=True, tag="answer", forbid_unknown_fields=True):
    """The answer to a command.

    Attributes:
        code: ``done``, ``unknown`` or ``refused``; for programs.
        msg: one line for people.
    """

    id: CommandId
    ok: bool
    code: Label
    msg: Text = ""
    data: dict[Label, Plain] = {}


class Welcome(msgspec.Struct, frozen=True, tag="welcome", forbid_unknown_fields=True):
    """The answer to ``Hello``: all findings of that run up to seq *kept* are safe."""

    kept: Count


class Kept(msgspec.Struct, frozen=True, tag="kept", forbid_unknown_fields=True):
    """All findings up to *seq* are safe: sense may forget them."""

    seq: Count


class Command(msgspec.Struct, frozen=True, kw_only=True, tag="command", forbid_unknown_fields=True):
    """A request to the other side to do something. It is answered once."""

    id: CommandId
    name: Name
    args: dict[Label, Any] = {}


Request: TypeAlias = Command | Answer
ToUplink: TypeAlias = Hello | Offer | Inventory | SenseSnapshot | Request
ToSense: TypeAlias = Welcome | Kept | Request

_encoder = msgspec.msgpack.Encoder()
_to_uplink: msgspec.msgpack.Decoder[ToUplink] = msgspec.msgpack.Decoder(ToUplink)
_to_sense: msgspec.msgpack.Decoder[ToSense] = msgspec.msgpack.Decoder(ToSense)
LENGTH = struct.Struct("!I")


def packet(message: ToUplink | ToSense) -> bytes:
    """Return *message* encoded, with its length before it.

    Raise ``ContractError`` if it is longer than ``MAX_PACKET`` or cannot be encoded.
    """
    try:
        payload = _encoder.encode(message)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        cure = "; give plain numbers, as float(x) makes them" if "numpy" in str(error) else ""
        raise ContractError(f"cannot be sent to the uplink: {error}{cure}") from error
    if len(payload) > MAX_PACKET:
        raise ContractError(f"{len(payload)} bytes, at most {MAX_PACKET} may be sent at once")
    return LENGTH.pack(len(payload)) + payload


def checked_packet(message: ToUplink) -> bytes:
    """Return *message* as ``packet`` does; raise ``ContractError`` where the uplink refuses it."""
    data = packet(message)
    decode_to_uplink(data[LENGTH.size :])
    return data


def decode_to_uplink(payload: bytes) -> ToUplink:
    """The gate: return the message of sense; raise ``ContractError`` if it is not in the contract.

    Nothing from sense enters the uplink but through here.
    """
    try:
        return _to_uplink.decode(payload)
    except (msgspec.MsgspecError, ValueError, OverflowError, RecursionError) as error:
        raise ContractError(f"not in the handover's contract: {error}") from error


def decode_to_sense(payload: bytes) -> ToSense:
    """Return the message of the uplink; raise ``ContractError`` if it is not in the contract."""
    try:
        return _to_sense.decode(payload)
    except (msgspec.MsgspecError, ValueError, OverflowError, RecursionError) as error:
        raise ContractError(f"not in the handover's contract: {error}") from error
