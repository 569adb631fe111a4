"""What the node says of the world: results, events, states, and what had to be dropped."""

from collections import Counter
from typing import Annotated, Literal

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
    Point,
    Run,
    Seq,
    Text,
    Version,
    millis,
)
from edgenode.values import (
    Area,
    Category,
    Detection,
    Finding,
    Fraction,
    Id,
    Label,
    Measurement,
    Pose,
    Result,
    label_of,
)


class Object(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A detection on the wire; ``box`` is left, top, right, bottom."""

    label: Label
    score: Fraction
    box: Coordinates
    id: Id | None = None


class PoseMessage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A pose on the wire: x, y, score of each of the seventeen keypoints, in COCO's order."""

    score: Fraction
    keypoints: Annotated[tuple[Point, ...], Meta(min_length=17, max_length=17)]
    id: Id | None = None


class CategoryMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A category on the wire."""

    label: Label
    score: Fraction


class ResultMessage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """``{node}/result/{plugin}``: one inference that the filters kept."""

    v: Version
    ts: Millis
    run: Run
    seq: Seq
    ms: Amount
    model: Text
    counts: Counts
    degraded: bool = False
    late: bool = False
    objects: tuple[Object, ...] = ()
    poses: tuple[PoseMessage, ...] = ()
    categories: tuple[CategoryMessage, ...] = ()
    areas: dict[Label, Fraction] = {}
    values: dict[Label, Finite] = {}


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """``{node}/event/{plugin}``: something happened."""

    v: Version
    ts: Millis
    run: Run
    seq: Seq
    type: EventType
    label: Label
    score: Fraction
    id: Id | None = None
    zone: Label | None = None
    dur_ms: Millis | None = None
    late: bool = False


class Dropped(msgspec.Struct, frozen=True, kw_only=True):
    """``{node}/event/_outbox``: results and events that were dropped, so every gap is explained.

    Attributes:
        of: the run the dropped messages belonged to.
        ranges: first and last seq of each range, both dropped.
    """

    v: Version
    ts: Millis
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
    """

    v: Version
    ts: Millis
    counts: Counts
    fate: Fate
    error: Text = ""


def count(findings: tuple[Finding, ...]) -> dict[str, int]:
    """Return how many findings there are of each label; a pose counts as ``person``."""
    return dict(Counter(label_of(finding) for finding in findings if _countable(finding)))


def result(found: Result, identity: Identity, *, late: bool = False) -> ResultMessage:
    """Return *found* as its payload: rounded, and sorted by kind."""
    findings = found.findings
    return ResultMessage(
        v=VERSION,
        ts=millis(found.captured_at),
        run=identity.run,
        seq=identity.seq,
        ms=round(found.ms, 1),
        model=found.model,
        counts=count(findings),
        degraded=found.degraded,
        late=late,
        objects=tuple(_object(f) for f in findings if isinstance(f, Detection)),
        poses=tuple(_pose(f) for f in findings if isinstance(f, Pose)),
        categories=tuple(
            CategoryMessage(label=f.label, score=round(f.score, 3))
            for f in findings
            if isinstance(f, Category)
        ),
        areas={f.label: round(f.share, 4) for f in findings if isinstance(f, Area)},
        values={f.name: f.value for f in findings if isinstance(f, Measurement)},
    )


def _countable(finding: Finding) -> bool:
    return not isinstance(finding, Area | Measurement)


def _object(found: Detection) -> Object:
    box = found.box
    corners = (round(box.left, 3), round(box.top, 3), round(box.right, 3), round(box.bottom, 3))
    return Object(label=found.label, score=round(found.score, 3), box=corners, id=found.id)


def _pose(found: Pose) -> PoseMessage:
    points = tuple((round(k.x, 3), round(k.y, 3), round(k.score, 3)) for k in found.keypoints)
    return PoseMessage(score=round(found.score, 3), keypoints=points, id=found.id)
