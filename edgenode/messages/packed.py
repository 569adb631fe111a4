"""The shapes of the codec ``msgpack``: the same messages as arrays of integers.

Same fields, same order, no names; ``v`` comes first, arrays only ever grow at the end. Fractions
are integers 0..10000, ``ms`` counts tenths, the numbers of a box or a pose stand in a row. A label
is its class id in the model that the node's meta names for the plugin, and ``model`` is nil if it
is that model; what meta does not name stays text. ``counts`` are left to the reader to count.
"""

from typing import Annotated, TypeAlias

import msgspec
from msgspec import Meta

from edgenode.messages.findings import Dropped
from edgenode.messages.terms import Count, EventType, Finite, Millis, Run, Seq, Text, Version
from edgenode.values import KEYPOINTS, Id, Label

WHOLE = 10_000
"""What stands for 1.0."""

NUMBERS = 3 * len(KEYPOINTS)

Part: TypeAlias = Annotated[int, Meta(ge=0, le=WHOLE)]
Word: TypeAlias = Count | Label
"""A class id, or a label that has none."""


class PackedObject(msgspec.Struct, frozen=True, array_like=True):
    """An ``Object``; its box is the four numbers."""

    label: Word
    score: Part
    left: Part
    top: Part
    right: Part
    bottom: Part
    id: Id | None = None


class PackedPose(msgspec.Struct, frozen=True, array_like=True):
    """A ``PoseMessage``; x, y, score of a keypoint are followed by those of the next."""

    score: Part
    keypoints: Annotated[tuple[Part, ...], Meta(min_length=NUMBERS, max_length=NUMBERS)]
    id: Id | None = None


class PackedCategory(msgspec.Struct, frozen=True, array_like=True):
    """A ``CategoryMessage``."""

    label: Word
    score: Part


class PackedResult(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """A ``ResultMessage`` without its counts."""

    v: Version
    ts: Millis
    run: Run
    seq: Seq
    ms: Count
    model: Text | None
    degraded: bool = False
    late: bool = False
    objects: tuple[PackedObject, ...] = ()
    poses: tuple[PackedPose, ...] = ()
    categories: tuple[PackedCategory, ...] = ()
    areas: dict[Word, Part] = {}
    values: dict[Label, Finite] = {}


class PackedEvent(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """An ``Event``."""

    v: Version
    ts: Millis
    run: Run
    seq: Seq
    type: EventType
    label: Word
    score: Part
    id: Id | None = None
    zone: Label | None = None
    dur_ms: Millis | None = None
    late: bool = False


class PackedDropped(Dropped, frozen=True, kw_only=True, array_like=True):
    """A ``Dropped``."""
