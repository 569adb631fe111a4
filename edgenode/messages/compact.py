"""Packs results and events for the codec ``msgpack``, and unpacks them with the words of meta."""

import functools
from collections import Counter
from collections.abc import Iterable
from itertools import chain
from typing import TypeAlias

import msgspec
from msgspec.structs import asdict, astuple

from edgenode.messages.findings import (
    CategoryMessage,
    Dropped,
    Event,
    Object,
    PoseMessage,
    ResultMessage,
)
from edgenode.messages.node import ModelMeta, PluginMeta
from edgenode.messages.packed import (
    WHOLE,
    PackedCategory,
    PackedDropped,
    PackedEvent,
    PackedObject,
    PackedPose,
    PackedResult,
)

CONTENT_TYPE = "application/msgpack"

Packable: TypeAlias = ResultMessage | Event | Dropped
Packed: TypeAlias = PackedResult | PackedEvent | PackedDropped


class Vocabulary:
    """The words of one plugin: the model that meta names for it, and that model's labels."""

    def __init__(self, model: str = "", labels: tuple[str, ...] = ()) -> None:
        self.model = model
        self._labels = labels
        self._ids: dict[str, int] = {}
        for class_id, label in enumerate(labels):
            self._ids.setdefault(label, class_id)

    def word(self, label: str) -> int | str:
        """Return the class id of *label*, or *label* where it has none."""
        return self._ids.get(label, label)

    def label(self, word: int | str) -> str:
        """Return what *word* stands for; ``#17`` for a class id whose meta has not arrived."""
        if isinstance(word, str):
            return word
        return self._labels[word] if word < len(self._labels) else f"#{word}"


NO_WORDS = Vocabulary()


def vocabularies(
    models: Iterable[ModelMeta], plugins: Iterable[PluginMeta]
) -> dict[str, Vocabulary]:
    """Return the words of each plugin, as a node's meta has them."""
    labels = {model.id: model.labels for model in models}
    return {plugin.id: Vocabulary(plugin.model, labels.get(plugin.model, ())) for plugin in plugins}


def is_packed(payload: bytes) -> bool:
    """Return whether *payload* is in this codec: it begins as an array, JSON with a brace."""
    return payload[:1] >= b"\x90"


def pack(message: Packable, words: Vocabulary) -> bytes:
    """Return *message* as MessagePack; what ends in defaults is cut there."""
    packed = _packed(message, words)
    values = astuple(packed)
    end = len(values)
    while end > _required(type(packed)) and _is_default(values[end - 1]):
        end -= 1
    return _encode(values[:end])


def unpack(kind: type[Packable], payload: bytes, words: Vocabulary) -> Packable:
    """Return what ``pack`` was given, if *words* are the same.

    Raise ``msgspec.MsgspecError`` or ``ValueError`` when it is not a message of this *kind*.
    """
    match _DECODERS[kind].decode(payload):
        case PackedResult() as result:
            return _result(result, words)
        case PackedEvent() as event:
            label, score = words.label(event.label), event.score / WHOLE
            return Event(**asdict(event) | {"label": label, "score": score})
        case dropped:
            return Dropped(**asdict(dropped))


_encode = msgspec.msgpack.Encoder().encode
_DECODERS: dict[type[Packable], msgspec.msgpack.Decoder[Packed]] = {
    ResultMessage: msgspec.msgpack.Decoder(PackedResult),
    Event: msgspec.msgpack.Decoder(PackedEvent),
    Dropped: msgspec.msgpack.Decoder(PackedDropped),
}


@functools.cache
def _required(kind: type[Packed]) -> int:
    fields = msgspec.structs.fields(kind)
    return max(place for place, field in enumerate(fields, 1) if field.required)


def _is_default(value: object) -> bool:
    # An id or a duration of 0 is not a default.
    return value is False or value in (None, (), {})


def _part(fraction: float) -> int:
    return round(fraction * WHOLE)


def _packed(said: Packable, words: Vocabulary) -> Packed:
    match said:
        case ResultMessage():
            return _packed_result(said, words)
        case Event():
            label, score = words.word(said.label), _part(said.score)
            return PackedEvent(**asdict(said) | {"label": label, "score": score})
        case Dropped():
            return PackedDropped(**asdict(said))


def _packed_result(said: ResultMessage, words: Vocabulary) -> PackedResult:
    known = said.model == words.model
    word = (words if known else NO_WORDS).word
    return PackedResult(
        v=said.v,
        ts=said.ts,
        run=said.run,
        seq=said.seq,
        ms=round(said.ms * 10),
        model=None if known else said.model,
        degraded=said.degraded,
        late=said.late,
        objects=tuple(_packed_object(thing, word(thing.label)) for thing in said.objects),
        poses=tuple(
            PackedPose(_part(p.score), tuple(map(_part, chain(*p.keypoints))), p.id)
            for p in said.poses
        ),
        categories=tuple(PackedCategory(word(c.label), _part(c.score)) for c in said.categories),
        areas={word(label): _part(share) for label, share in said.areas.items()},
        values=said.values,
    )


def _packed_object(said: Object, word: int | str) -> PackedObject:
    left, top, right, bottom = map(_part, said.box)
    return PackedObject(word, _part(said.score), left, top, right, bottom, said.id)


def _result(said: PackedResult, words: Vocabulary) -> ResultMessage:
    label = (words if said.model is None else NO_WORDS).label
    objects = tuple(_object(thing, label(thing.label)) for thing in said.objects)
    categories = tuple(
        CategoryMessage(label=label(c.label), score=c.score / WHOLE) for c in said.categories
    )
    found: tuple[Object | CategoryMessage, ...] = (*objects, *categories)
    labels = [one.label for one in found] + ["person"] * len(said.poses)
    return ResultMessage(
        v=said.v,
        ts=said.ts,
        run=said.run,
        seq=said.seq,
        ms=said.ms / 10,
        model=words.model if said.model is None else said.model,
        counts=dict(Counter(labels)),
        degraded=said.degraded,
        late=said.late,
        objects=objects,
        poses=tuple(map(_pose, said.poses)),
        categories=categories,
        areas={label(word): part / WHOLE for word, part in said.areas.items()},
        values=said.values,
    )


def _object(said: PackedObject, label: str) -> Object:
    box = (said.left / WHOLE, said.top / WHOLE, said.right / WHOLE, said.bottom / WHOLE)
    return Object(label=label, score=said.score / WHOLE, box=box, id=said.id)


def _pose(said: PackedPose) -> PoseMessage:
    numbers = [part / WHOLE for part in said.keypoints]
    points = tuple(zip(numbers[::3], numbers[1::3], numbers[2::3], strict=True))
    return PoseMessage(score=said.score / WHOLE, keypoints=points, id=said.id)
