"""What crosses between sense and uplink, and how a finding crosses exactly once.

A stream socket on the file system (it reaches across network namespaces). Each packet is four bytes
of length, big endian, and one message in MessagePack, decoded strictly against a closed set.

1. sense sends ``Hello``: its run, and up to which seq of it was kept before. uplink answers
   ``Welcome``: up to which seq that run is safe as far as it knows.
2. sense sends each finding as an ``Offer``, in the order of ``seq``, and keeps it. A number that is
   left out was dropped by sense: uplink explains it.
3. ``Kept`` says: all up to here is safe (acknowledged by the broker, or its absence explained and
   that acknowledged); sense forgets it.

The identity of a finding, (node, run, seq), is given by sense. If uplink dies, sense sends what is
not kept again: what the broker has seen before is a duplicate with the same identity. ``Inventory``
and ``SenseSnapshot`` are not numbered: the next one replaces them, and each new connection begins
with the newest. Either side may send a ``Command``; the other sends back its ``Answer``.
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
"""Bytes; the longest packet either side accepts."""


class ResultRecord(
    msgspec.Struct, frozen=True, tag_field="record", tag="result", forbid_unknown_fields=True
):
    """A result on its way to ``result/{plugin}``."""

    plugin: Name
    result: Result

    @property
    def captured_at(self) -> float:
        """When the sample was captured."""
        return self.result.captured_at


class EventRecord(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    tag_field="record",
    tag="event",
    forbid_unknown_fields=True,
):
    """An event on its way to ``event/{plugin}``."""

    plugin: Name
    captured_at: Annotated[float, Meta(ge=0.0, lt=1e11)]
    type: EventType
    label: Label
    score: Fraction
    id: Id | None = None
    zone: Label | None = None
    dur_ms: Millis | None = None


Record: TypeAlias = ResultRecord | EventRecord


class Inventory(
    msgspec.Struct, frozen=True, kw_only=True, tag="inventory", forbid_unknown_fields=True
):
    """What sense runs: the part of the birth that only it knows. Sent when it changes."""

    models: tuple[ModelMeta, ...] = ()
    plugins: tuple[PluginMeta, ...] = ()
    cfg_hash: Text = ""


class Hello(msgspec.Struct, frozen=True, kw_only=True, tag="hello", forbid_unknown_fields=True):
    """The first packet of a connection.

    Attributes:
        run: this start of sense.
        kept: the highest ``Kept`` of this run that sense has ever been sent.
    """

    run: Run
    kept: Count = 0


class Offer(msgspec.Struct, frozen=True, tag="offer", forbid_unknown_fields=True):
    """A finding.

    Attributes:
        seq: its number within the run of sense.
        record: what was found.
        clock: ``clock.offset()`` when it was captured, so that a clock set later corrects it.
    """

    seq: Seq
    record: Record
    clock: Finite = 0.0


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
    """What became of a command.

    Attributes:
        code: one word for programs: ``done``, ``unknown``, ``refused``.
        msg: one line for people.
    """

    id: CommandId
    ok: bool
    code: Label
    msg: Text = ""
    data: dict[Label, Plain] = {}


class Welcome(msgspec.Struct, frozen=True, tag="welcome", forbid_unknown_fields=True):
    """The answer to ``Hello``: all of that run up to *kept* is safe."""

    kept: Count


class Kept(msgspec.Struct, frozen=True, tag="kept", forbid_unknown_fields=True):
    """All up to *seq* is safe: it need not be kept any longer."""

    seq: Count


class Command(msgspec.Struct, frozen=True, kw_only=True, tag="command", forbid_unknown_fields=True):
    """Something the other side is asked to do; it is answered once."""

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
    """Return *message* with its length before it.

    Raise ``ContractError`` where it is longer than ``MAX_PACKET`` or cannot be encoded at all.
    """
    try:
        payload = _encoder.encode(message)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise ContractError(f"cannot be sent to the uplink: {error}") from error
    if len(payload) > MAX_PACKET:
        raise ContractError(f"{len(payload)} bytes, at most {MAX_PACKET} may be sent at once")
    return LENGTH.pack(len(payload)) + payload


def decode_to_uplink(payload: bytes) -> ToUplink:
    """Return what sense says. Raise ``ContractError`` for anything outside the closed set."""
    try:
        return _to_uplink.decode(payload)
    except (msgspec.MsgspecError, ValueError, OverflowError, RecursionError) as error:
        raise ContractError(f"not in the handover's contract: {error}") from error


def decode_to_sense(payload: bytes) -> ToSense:
    """Return what uplink says. Raise ``ContractError`` for anything outside the closed set."""
    try:
        return _to_sense.decode(payload)
    except (msgspec.MsgspecError, ValueError, OverflowError, RecursionError) as error:
        raise ContractError(f"not in the handover's contract: {error}") from error
