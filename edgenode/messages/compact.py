"""Packs results and events for the codec ``msgpack``, and unpacks them."""

from typing import TypeAlias

import msgspec

from edgenode.messages.class_ids import NO_IDS, OTHER_MODEL, ClassIds, class_ids
from edgenode.messages.findings import Dropped, Event, ResultMessage
from edgenode.messages.packed import Layout

__all__ = [
    "CONTENT_TYPE",
    "NO_IDS",
    "ClassIds",
    "Packable",
    "class_ids",
    "is_packed",
    "pack",
    "unpack",
]

CONTENT_TYPE = "application/msgpack"

Packable: TypeAlias = ResultMessage | Event | Dropped

_KINDS: tuple[type[Packable], ...] = (ResultMessage, Event, Dropped)
_LAYOUTS = {kind: Layout(kind) for kind in _KINDS}
_DECODERS = {kind: msgspec.msgpack.Decoder(layout.shape) for kind, layout in _LAYOUTS.items()}
_encode = msgspec.msgpack.Encoder().encode


def is_packed(payload: bytes) -> bool:
    """Return whether *payload* is in this codec, and not in JSON."""
    # From 0x90 on MessagePack has arrays; JSON begins with a brace, 0x7b.
    return payload[:1] >= b"\x90"


def pack(message: Packable, ids: ClassIds) -> bytes:
    """Return *message* as MessagePack; defaults at the end of the array are left out."""
    # Class ids of another model would be read with the wrong labels: then the labels are sent.
    if isinstance(message, ResultMessage) and message.model != ids.model:
        ids = OTHER_MODEL
    layout = _LAYOUTS[type(message)]
    values, defaults = layout.write(message, ids), layout.defaults
    end = len(values)
    # An id or a duration of 0 stays: their default is None.
    while end > layout.required and values[end - 1] == defaults[end - 1]:
        end -= 1
    return _encode(values[:end])


def unpack(kind: type[Packable], payload: bytes, ids: ClassIds) -> Packable:
    """Return the message that was packed with the same *ids*.

    Raise ``msgspec.MsgspecError`` or ``ValueError`` if *payload* is not a message of this *kind*.
    """
    packed = _DECODERS[kind].decode(payload)
    # A model's id is packed only if it is another one than meta names.
    if kind is ResultMessage and packed.model is not None:
        ids = OTHER_MODEL
    message: Packable = _LAYOUTS[kind].read(packed, ids)
    return message
