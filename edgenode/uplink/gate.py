"""The gate: nothing leaves that is not in the contract, and what leaves is encoded afresh here."""

import math
from collections.abc import Iterator

import msgspec

from edgenode import handover, messages
from edgenode.errors import ContractError
from edgenode.handover import (
    EventRecord,
    Hello,
    Inventory,
    Offer,
    Record,
    ResultRecord,
    ToUplink,
    Vitals,
)
from edgenode.messages import Dropped, Event, Identity, ResultMessage, Run, Seq
from edgenode.messages.compact import Packable, Vocabulary, pack
from edgenode.values import Measurement

_encode = msgspec.json.Encoder().encode
_decoders: dict[type[Packable], msgspec.json.Decoder[Packable]] = {
    kind: msgspec.json.Decoder(kind) for kind in (ResultMessage, Event, Dropped)
}


def admit(payload: bytes) -> ToUplink:
    """Return what sense says. Raise ``ContractError`` for anything that is not in the contract."""
    said = handover.decode_to_uplink(payload)
    # JSON has no such numbers.
    if not all(map(math.isfinite, _unbounded(said))):
        raise ContractError("a number is not finite; plugins must give finite ones")
    return said


def payload(record: Record, identity: Identity) -> bytes:
    """Return the payload of *record*, made from nothing but the contract's fields."""
    if isinstance(record, ResultRecord):
        return _encode(messages.result(record.result, identity))
    return _encode(_event(record, identity))


def late(payload: bytes, kind: type[Packable]) -> bytes:
    """Return *payload*, a *kind* in JSON, with the mark of what leaves long after its capture."""
    return _encode(msgspec.structs.replace(_decoders[kind].decode(payload), late=True))


def dated(payload: bytes, kind: type[Packable], at: float) -> bytes:
    """Return *payload*, a *kind* in JSON, captured at *at* by a clock that was set since."""
    found = _decoders[kind].decode(payload)
    return _encode(msgspec.structs.replace(found, ts=messages.millis(at)))


def packed(payload: bytes, kind: type[Packable], words: Vocabulary) -> bytes:
    """Return *payload*, a *kind* in JSON, in the codec ``msgpack``."""
    return pack(_decoders[kind].decode(payload), words)


def dropped(report: Dropped) -> bytes:
    """Return the payload of *report*."""
    return _encode(report)


def salvage(payload: bytes) -> int | Hello | None:
    """Return what must be answered in a frame that was rejected.

    The number of an offer, so that sense does not keep for ever what can never pass; a greeting
    without its inventory, so that a wrong inventory does not hold findings back. Else None.
    """
    try:
        said = msgspec.msgpack.decode(payload)
        if said["type"] == "offer":
            return msgspec.convert(said["number"], Seq)
        if said["type"] == "hello":
            return Hello(msgspec.convert(said["start"], Run), Inventory())
    except (msgspec.MsgspecError, ValueError, LookupError, TypeError):
        return None
    return None


def _event(record: EventRecord, identity: Identity) -> Event:
    return Event(
        v=messages.VERSION,
        ts=messages.millis(record.captured_at),
        run=identity.run,
        seq=identity.seq,
        type=record.type,
        label=record.label,
        score=round(record.score, 3),
        id=record.id,
        zone=record.zone,
        dur_ms=record.dur_ms,
    )


def _unbounded(said: ToUplink) -> Iterator[float]:
    """Yield the numbers whose types have no upper bound; a bound refuses what is not finite."""
    if isinstance(said, Vitals):
        for vital in said.plugins.values():
            yield from (vital.health.fps, vital.health.p50_ms, vital.health.p95_ms)
    elif isinstance(said, Offer) and isinstance(said.record, ResultRecord):
        result = said.record.result
        yield result.ms
        yield from (found.value for found in result.findings if isinstance(found, Measurement))
