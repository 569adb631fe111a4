"""Packs results and events for the codec ``msgpack``, and unpacks them with meta's class ids."""

from typing import TypeAlias

import msgspec

from edgenode.messages.class_ids import NO_IDS, OTHER_MODEL, ClassIds, class_ids
from edgenode.messages.findings import Dropped, Event, ResultMessage
from edgenode.messages.packed import Layout

__all__ = [
    "CONTENT_TYPE",
    "NO_IDS",
    "NO_WORDS",
    "ClassIds",
    "Packable",
    "Vocabulary",
    "class_ids",
    "is_packed",
    "pack",
    "unpack",
    "vocabularies",
]

CONTENT_TYPE = "application/msgpack"

Packable: TypeAlias = ResultMessage | Event | Dropped

_KINDS: tuple[type[Packable], ...] = (ResultMessage, Event, Dropped)
_LAYOUTS = {kind: Layout(kind) for kind in _KINDS}
_DECODERS = {kind: msgspec.msgpack.Decoder(layout.shape) for kind, layout in _LAYOUTS.items()}
_encode = msgspec.msgpack.Encoder().encode

# As the uplink still names them.
Vocabulary = ClassIds
NO_WORDS = NO_IDS
vocabularies = class_ids


def is_packed(payload: bytes) -> bool:
    """Return whether *payload* is in this codec: it begins as an array, JSON with a brace."""
    return payload[:1] >= b"\x90"


def pack(message: Packable, ids: ClassIds) -> bytes:
    """Return *message* as MessagePack; what ends in defaults is cut there."""
    if isinstance(message, ResultMessage) and message.model != ids.model:
        ids = OTHER_MODEL
    layout = _LAYOUTS[type(message)]
    values, defaults = layout.write(message, ids), layout.defaults
    end = len(values)
    while end > layout.required and values[end - 1] == defaults[end - 1]:
        end -= 1
    return _encode(values[:end])


def unpack(kind: type[Packable], payload: bytes, ids: ClassIds) -> Packable:
    """Return what ``pack`` was given, if *ids* are the same.

    Raise ``msgspec.MsgspecError`` or ``ValueError`` when it is not a message of this *kind*.
    """
    packed = _DECODERS[kind].decode(payload)
    if kind is ResultMessage and packed.model is not None:
        ids = OTHER_MODEL
    message: Packable = _LAYOUTS[kind].read(packed, ids)
    return message
