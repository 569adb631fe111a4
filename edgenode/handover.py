"""The road from sense to uplink: what crosses it, and how a finding crosses exactly once.

A stream socket on the file system (it reaches across network namespaces). Each frame is four bytes
of length, big endian, and one message in MessagePack, decoded strictly against a closed set.

1. sense says ``Hello`` (which start of sense this is, its inventory); uplink answers ``Welcome``
   with the last offer of that start it has accepted, so that nothing is offered twice.
2. sense sends each finding as an ``Offer``, numbered from 1 within its start, and keeps it.
3. uplink gives it an identity and says so (``Accepted``) *before* the broker can see it.
4. When the broker has acknowledged it, or the outbox has dropped it, uplink says ``Settled``, and
   sense forgets it.

If uplink dies, sense offers what is not settled again, with the identity it already had: what the
broker has seen before is a duplicate with the same (node, run, seq). ``Vitals`` are telemetry: not
numbered, the next ones replace them, and each new connection begins with the newest.
"""

import socket
import struct
from typing import Annotated, TypeAlias

import msgspec
from msgspec import Meta

from edgenode.errors import ContractError
from edgenode.messages import (
    AcceleratorHealth,
    Count,
    EventType,
    Fate,
    Identity,
    Millis,
    ModelMeta,
    Name,
    PluginHealth,
    PluginMeta,
    Run,
    Seq,
    Text,
)
from edgenode.values import Fraction, Id, Label, Result

MAX_FRAME = 1 << 20
"""Bytes; the longest frame either side accepts."""


class ResultRecord(
    msgspec.Struct, frozen=True, tag_field="record", tag="result", forbid_unknown_fields=True
):
    """A result on its way to ``result/{plugin}``."""

    plugin: Name
    result: Result


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


class Hello(msgspec.Struct, frozen=True, tag="hello", forbid_unknown_fields=True):
    """The first frame of a connection."""

    start: Run
    inventory: Inventory


class Offer(msgspec.Struct, frozen=True, tag="offer", forbid_unknown_fields=True):
    """A finding, to be accepted; ``identity`` where an earlier uplink has given it one."""

    number: Seq
    record: Record
    identity: Identity | None = None


class PluginVitals(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one plugin fares."""

    fate: Fate
    error: Text = ""
    health: PluginHealth = PluginHealth()


class Vitals(msgspec.Struct, frozen=True, kw_only=True, tag="vitals", forbid_unknown_fields=True):
    """How sense fares; sent each second, whenever a fate changes, and on each new connection.

    Attributes:
        dropped: findings that sense itself dropped because uplink was away too long.
        seen_bytes: bytes of samples the sources have yielded since the start.
    """

    plugins: dict[Name, PluginVitals]
    accelerators: tuple[AcceleratorHealth, ...] = ()
    dropped: Count = 0
    seen_bytes: Count = 0


class Welcome(msgspec.Struct, frozen=True, tag="welcome", forbid_unknown_fields=True):
    """The answer to ``Hello``: the last number accepted from that start, 0 for none."""

    accepted: Count


class Accepted(msgspec.Struct, frozen=True, tag="accepted", forbid_unknown_fields=True):
    """The offer has an identity and waits in the outbox."""

    number: Seq
    identity: Identity


class Settled(msgspec.Struct, frozen=True, tag="settled", forbid_unknown_fields=True):
    """The offer need not be kept any longer."""

    number: Seq


ToUplink: TypeAlias = Hello | Offer | Inventory | Vitals
ToSense: TypeAlias = Welcome | Accepted | Settled

_encoder = msgspec.msgpack.Encoder()
_to_uplink: msgspec.msgpack.Decoder[ToUplink] = msgspec.msgpack.Decoder(ToUplink)
_to_sense: msgspec.msgpack.Decoder[ToSense] = msgspec.msgpack.Decoder(ToSense)
_length = struct.Struct("!I")


def frame(message: ToUplink | ToSense) -> bytes:
    """Return *message* with its length before it."""
    payload = _encoder.encode(message)
    return _length.pack(len(payload)) + payload


def decode_to_uplink(payload: bytes) -> ToUplink:
    """Return what sense says. Raise ``ContractError`` for anything outside the closed set."""
    try:
        return _to_uplink.decode(payload)
    except (msgspec.MsgspecError, ValueError) as error:
        raise ContractError(f"not in the handover's contract: {error}") from error


def decode_to_sense(payload: bytes) -> ToSense:
    """Return what uplink says. Raise ``ContractError`` for anything outside the closed set."""
    try:
        return _to_sense.decode(payload)
    except (msgspec.MsgspecError, ValueError) as error:
        raise ContractError(f"not in the handover's contract: {error}") from error


class FrameReader:
    """Cuts a connection's bytes into payloads. For one thread."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._bytes = bytearray()

    def read(self) -> bytes | None:
        """Return the next payload, None when the other side has gone.

        Blocks as the socket's timeout says; after a ``TimeoutError`` it may be called again.
        Raise ``ContractError`` when the length is beyond ``MAX_FRAME``: the stream is not ours.
        """
        while (payload := self._cut()) is None:
            if not self._fill():
                return None
        return payload

    def receive(self) -> list[bytes] | None:
        """Return the payloads that one ``recv`` completes, None when the other side has gone."""
        return list(iter(self._cut, None)) if self._fill() else None

    def _fill(self) -> bool:
        received = self._connection.recv(65536)
        self._bytes += received
        return bool(received)

    def _cut(self) -> bytes | None:
        if len(self._bytes) < _length.size:
            return None
        (length,) = _length.unpack_from(self._bytes)
        if length > MAX_FRAME:
            raise ContractError(f"a frame of {length} bytes, at most {MAX_FRAME} may pass")
        end = _length.size + length
        if len(self._bytes) < end:
            return None
        payload = bytes(self._bytes[_length.size : end])
        del self._bytes[:end]
        return payload
