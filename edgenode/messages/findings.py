"""What the node says of the world: results, events, states, and what had to be dropped."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Annotated, Any, Literal, NamedTuple, get_origin

import msgspec
from msgspec import Meta

from edgenode.messages.terms import (
    VERSION,
    Amount,
    Coordinates,
    Counts,
    EventType,
    Fate,
    Finite,
    Identity,
    Millis,
    ModelId,
    Point,
    Run,
    Seq,
    Text,
    Time,
    Title,
    Version,
    millis,
)
from edgenode.values import (
    Area,
    Category,
    Detection,
    Finding,
    Fraction,
    Happening,
    Id,
    Keyword,
    Label,
    Measurement,
    Pose,
    Result,
    happening_of,
    label_of,
)


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


class Kind(NamedTuple):
    """How one kind of finding stands in a result.

    Attributes:
        field: of ``ResultMessage``; empty for what is published as an event instead.
        write: a finding as it stands there: one struct of many, or key and value of a table.
        read: its label, and its score, share or value, from what stands there.
        counted: it counts as one of its label.
    """

    field: str
    write: Callable[[Any], Any]
    read: Callable[[Any], tuple[str, float]]
    counted: bool = True


def _object(found: Detection) -> Object:
    box = found.box
    corners = (round(box.left, 3), round(box.top, 3), round(box.right, 3), round(box.bottom, 3))
    return Object(label=found.label, score=round(found.score, 3), box=corners, id=found.id)


def _pose(found: Pose) -> PoseMessage:
    points = tuple((round(k.x, 3), round(k.y, 3), round(k.score, 3)) for k in found.keypoints)
    return PoseMessage(score=round(found.score, 3), keypoints=points, id=found.id)


def _category(found: Category) -> CategoryMessage:
    return CategoryMessage(label=found.label, score=round(found.score, 3))


def _area(found: Area) -> tuple[str, float]:
    return found.label, round(found.share, 4)


def _value(found: Measurement) -> tuple[str, float]:
    return found.name, found.value


def _labelled(said: Object | CategoryMessage) -> tuple[str, float]:
    return said.label, said.score


def _person(said: PoseMessage) -> tuple[str, float]:
    return "person", said.score


def _entry(said: tuple[str, float]) -> tuple[str, float]:
    return said


KINDS: dict[type[Finding], Kind] = {
    Detection: Kind("objects", _object, _labelled),
    Category: Kind("categories", _category, _labelled),
    Pose: Kind("poses", _pose, _person),
    Area: Kind("areas", _area, _entry, counted=False),
    Measurement: Kind("values", _value, _entry, counted=False),
    Keyword: Kind("", happening_of, _labelled),
    Happening: Kind("", happening_of, _labelled, counted=False),
}
"""A new kind of finding is one in ``values`` and a row here."""

_FIELDS = {kind.field: kind for kind in KINDS.values() if kind.field}
_COUNTED = [(field, kind) for field, kind in _FIELDS.items() if kind.counted]


def count(findings: tuple[Finding, ...]) -> dict[str, int]:
    """Return how many findings there are of each label; a pose counts as ``person``."""
    return dict(Counter([label_of(one) for one in findings if KINDS[type(one)].counted]))


def result(found: Result, identity: Identity, *, late: bool = False) -> ResultMessage:
    """Return *found* as its payload: rounded, and sorted by kind."""
    return ResultMessage(
        v=VERSION,
        ts=millis(found.captured_at),
        run=identity.run,
        seq=identity.seq,
        ms=round(found.ms, 1),
        model=found.model,
        counts=count(found.findings),
        degraded=found.degraded,
        late=late,
        **_by_field(found.findings),
    )


def _by_field(findings: tuple[Finding, ...]) -> dict[str, Any]:
    parts: dict[str, list[Any]] = {}
    for finding in findings:
        kind = KINDS[type(finding)]
        if kind.field:
            parts.setdefault(kind.field, []).append(kind.write(finding))
    return {field: _CONTAINERS[field](entries) for field, entries in parts.items()}


def findings_of(message: ResultMessage | Event) -> Iterator[tuple[str, float]]:
    """Yield label and score of each finding; an area's share or a value stands for the score."""
    if isinstance(message, Event):
        yield message.label, message.score
        return
    for field, kind in _FIELDS.items():
        yield from map(kind.read, _entries(getattr(message, field)))


def recount(fields: Mapping[str, Any]) -> dict[str, int]:
    """Return the counts of the result that has these *fields*."""
    counts: dict[str, int] = {}
    for field, kind in _COUNTED:
        for entry in fields[field]:
            label = kind.read(entry)[0]
            counts[label] = counts.get(label, 0) + 1
    return counts


def _entries(part: tuple[Any, ...] | dict[str, Any]) -> Iterable[Any]:
    return part.items() if isinstance(part, dict) else part


_CONTAINERS: dict[str, Any] = {
    field.name: get_origin(field.type)
    for field in msgspec.structs.fields(ResultMessage)
    if field.name in _FIELDS
}
