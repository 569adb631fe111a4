"""The payloads about findings: results, events, states, and what was dropped."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from edgenode.messages.terms import (
    Amount,
    Coordinates,
    Counts,
    EventType,
    Fate,
    Finite,
    Millis,
    ModelId,
    Point,
    Run,
    Seq,
    Text,
    Time,
    Title,
    Version,
)
from edgenode.values import Fraction, Id, Label


class Object(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A detection on the wire; ``box`` is left, top, right, bottom.

    Attributes:
        label: one that the model or the options of the plugin declare.
        score: how sure the model is, three decimals.
        box: fractions of the full frame, origin top left, three decimals.
        id: of the track, where a tracker follows it.
    """

    label: Label
    score: Fraction
    box: Coordinates
    id: Id | None = None


class PoseMessage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A pose on the wire: x, y, score of each of the seventeen keypoints, in COCO's order.

    Attributes:
        score: how sure the model is, three decimals.
        keypoints: in COCO's order; fractions of the full frame, three decimals.
        id: of the track, where a tracker follows it.
    """

    score: Fraction
    keypoints: Annotated[tuple[Point, ...], Meta(min_length=17, max_length=17)]
    id: Id | None = None


class CategoryMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A category on the wire.

    Attributes:
        label: one that the model declares.
        score: how sure the model is, three decimals.
    """

    label: Label
    score: Fraction


class ResultMessage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """``{node}/result/{plugin}``: one inference that the filters kept.

    Attributes:
        ms: duration of the inference in milliseconds.
        counts: findings by label.
        degraded: the CPU answered because the Edge TPU was away.
        late: left long after its capture.
        objects: what was detected, and where.
        poses: the people that were seen.
        categories: what the whole picture shows.
        areas: the share of the picture that each label covers.
        values: numbers by name; the name carries the unit.
    """

    v: Version
    ts: Time
    run: Run
    seq: Seq
    ms: Amount
    model: ModelId
    counts: Counts
    degraded: bool = False
    late: bool = False
    objects: tuple[Object, ...] = ()
    poses: tuple[PoseMessage, ...] = ()
    categories: tuple[CategoryMessage, ...] = ()
    areas: dict[Label, Fraction] = {}
    values: dict[Title, Finite] = {}


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """``{node}/event/{plugin}``: something happened.

    Attributes:
        type: what happened.
        label: what it happened to, or the keyword that was heard.
        score: how sure the model is, three decimals.
        id: of the track, where a tracker follows it.
        zone: where it happened.
        dur_ms: how long it lasted so far, in milliseconds.
        late: left long after its capture.
    """

    v: Version
    ts: Time
    run: Run
    seq: Seq
    type: EventType
    label: Label
    score: Fraction
    id: Id | None = None
    zone: Title | None = None
    dur_ms: Millis | None = None
    late: bool = False


class Dropped(msgspec.Struct, frozen=True, kw_only=True):
    """``{node}/event/_outbox``: results and events that were dropped, so every gap is explained.

    Attributes:
        of: the run the dropped messages belonged to.
        ranges: first and last seq of each range, both dropped.
        type: always the same.
        reason: no room, too old, or refused by the broker.
    """

    v: Version
    ts: Time
    run: Run
    seq: Seq
    # Beside `seq` and not first: the order of fields is that of the array in the codec msgpack.
    type: Literal["dropped"] = "dropped"
    reason: Literal["overflow", "expired", "refused"]
    of: Run
    ranges: tuple[tuple[Seq, Seq], ...]


class State(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """``{node}/state/{plugin}``, retained: how things stand, for dashboards that come later.

    Attributes:
        fate: what became of the plugin.
        error: one line naming the fault and the cure, where there is one.
        counts: findings by label, as of now.
    """

    v: Version
    ts: Time
    counts: Counts
    fate: Fate
    error: Text = ""
