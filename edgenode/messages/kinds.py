"""How each kind of finding is written to a result and read from it: one row per kind."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple, get_origin

import msgspec

from edgenode.messages.findings import CategoryMessage, Event, Object, PoseMessage, ResultMessage
from edgenode.messages.terms import VERSION, Identity, millis
from edgenode.values import (
    PERSON,
    Area,
    Category,
    Detection,
    Finding,
    Happening,
    Keyword,
    Measurement,
    Pose,
    Result,
    happening_of,
    label_of,
)


class Kind(NamedTuple):
    """How one kind of finding is written to a result.

    Attributes:
        field: of ``ResultMessage``; empty if it is published as an event instead.
        write: returns the finding as an item of that field: a struct, or key and value.
        read: returns label and score of such an item; a share or a value instead of a score.
        counted: whether it is counted under its label.
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


def _labelled(entry: Object | CategoryMessage) -> tuple[str, float]:
    return entry.label, entry.score


def _person(entry: PoseMessage) -> tuple[str, float]:
    return PERSON, entry.score


def _entry(entry: tuple[str, float]) -> tuple[str, float]:
    return entry


KINDS: dict[type[Finding], Kind] = {
    Detection: Kind("objects", _object, _labelled),
    Category: Kind("categories", _category, _labelled),
    Pose: Kind("poses", _pose, _person),
    Area: Kind("areas", _area, _entry, counted=False),
    Measurement: Kind("values", _value, _entry, counted=False),
    Keyword: Kind("", happening_of, _labelled),
    Happening: Kind("", happening_of, _labelled, counted=False),
}
"""A new kind of finding needs a struct in ``values``, one in ``messages``, and a row here.

``findings_of`` yields in this order.
"""

_FIELDS = {kind.field: kind for kind in KINDS.values() if kind.field}
_COUNTED = [(field, kind) for field, kind in _FIELDS.items() if kind.counted]


def count(findings: tuple[Finding, ...]) -> dict[str, int]:
    """Return the number of findings by label; a pose counts as ``person``."""
    return dict(Counter([label_of(one) for one in findings if KINDS[type(one)].counted]))


def result(found: Result, identity: Identity, *, late: bool = False) -> ResultMessage:
    """Return the payload of *found*: rounded, and sorted by kind."""
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
    """Yield label and score of each finding; an area's share or a value instead of a score."""
    if isinstance(message, Event):
        yield message.label, message.score
        return
    for field, kind in _FIELDS.items():
        yield from map(kind.read, _entries(getattr(message, field)))


def recount(fields: Mapping[str, Any]) -> dict[str, int]:
    """Return the counts of the result that has these *fields*."""
    # On the hot path of a consumer, and making a Counter takes longer than counting a few.
    counts: dict[str, int] = {}
    for field, kind in _COUNTED:
        for entry in _entries(fields[field]):
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
