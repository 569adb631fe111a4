"""Decodes payloads for a consumer: fields that a newer node has added are ignored.

Inside the node some of these structs are strict, because nothing unknown may leave it. A consumer
gets instances of the types in ``edgenode.messages``, or of their subclasses here.
"""

from typing import Any, TypeAlias

import msgspec

from edgenode import messages
from edgenode.errors import ContractError
from edgenode.messages import Dropped, Event, Name, ResultMessage, State, Status
from edgenode.messages.compact import NO_IDS, ClassIds, Packable, is_packed, unpack

Payload: TypeAlias = (
    Status | messages.Birth | messages.Health | ResultMessage | Event | Dropped | State
)


class ModelMeta(messages.ModelMeta, frozen=True, kw_only=True, forbid_unknown_fields=False):
    """A model in use."""


class PluginMeta(messages.PluginMeta, frozen=True, kw_only=True, forbid_unknown_fields=False):
    """A plugin's table."""


class PluginHealth(messages.PluginHealth, frozen=True, kw_only=True, forbid_unknown_fields=False):
    """A pipeline's figures."""


class AcceleratorHealth(
    messages.AcceleratorHealth, frozen=True, kw_only=True, forbid_unknown_fields=False
):
    """An Edge TPU as the node sees it."""


class Birth(messages.Birth, frozen=True, kw_only=True):
    """What a node is and runs."""

    models: tuple[ModelMeta, ...] = ()
    plugins: tuple[PluginMeta, ...] = ()


class Health(messages.Health, frozen=True, kw_only=True, omit_defaults=True):
    """A node's counters."""

    accelerators: tuple[AcceleratorHealth, ...] = ()
    plugins: dict[Name, PluginHealth]  # type: ignore[assignment]  # nobody writes to it


# For each topic the lenient subclass if there is one; the other structs are lenient already.
_DECODERS: dict[str, msgspec.json.Decoder[Any]] = {
    topic: msgspec.json.Decoder({"meta": Birth, "health": Health}.get(topic, kind))
    for topic, kind in messages.SENT.items()
}


_PACKABLE: dict[str, type[Packable]] = {
    "result": ResultMessage,
    "event": Event,
    "event/_outbox": Dropped,
}


def decode(kind: str, payload: bytes, ids: ClassIds = NO_IDS) -> Payload:
    """Return the message in *payload*; *kind* is the part of the topic after the node.

    *ids* are the class ids of the plugin, for the codec ``msgpack``. Raise ``ContractError`` if the
    payload is not in the contract.
    """
    try:
        # By its first byte and not by the content type, which MQTT 3.1.1 does not have.
        if kind in _PACKABLE and is_packed(payload):
            return unpack(_PACKABLE[kind], payload, ids)
        # As text: msgspec does not look into the fields that it ignores.
        message: Payload = _DECODERS[kind].decode(payload.decode())
    except (msgspec.MsgspecError, ValueError, OverflowError, RecursionError) as error:
        raise ContractError(f"a {kind!r} that is not in the contract: {error}") from error
    return message
