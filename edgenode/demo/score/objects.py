"""Scores detections: each one is matched with one object of its frame, or with none."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from edgenode.demo.score.counts import Score
from edgenode.demo.truth import Moment, SeenObject, Truth
from edgenode.messages import Coordinates, Event, Object, ResultMessage

MIN_OVERLAP = 0.5
"""Two boxes are of the same thing if their intersection over union is at least this."""


class FrameCounts(NamedTuple):
    """The hits, the wrong findings and the missed objects of one frame."""

    hits: int
    wrong: int
    missed: int


class ObjectScorer:
    """Adds up the counts of all frames for which there was a result."""

    def __init__(self, truth: Truth) -> None:
        self._truth = truth
        self._compared = self._hits = self._wrong = self._missed = 0

    def add(self, message: ResultMessage | Event, played_s: float) -> None:
        """Compare a result with the frame at *played_s*. A time between two frames is ignored."""
        moment = self._truth.at(played_s)
        if moment is not None and isinstance(message, ResultMessage):
            hits, wrong, missed = compare(message.objects, moment)
            self._compared += 1
            self._hits += hits
            self._wrong += wrong
            self._missed += missed

    def score(self, played_s: float) -> Score:
        """Return the totals. Frames without a result are not counted."""
        del played_s
        return Score(
            compared=self._compared, hits=self._hits, wrong=self._wrong, missed=self._missed
        )


def compare(found: Iterable[Object], moment: Moment) -> FrameCounts:
    """Match what was *found* with the objects of *moment*; return the counts.

    Label must be equal and boxes must overlap enough; each object is matched once, and the finding
    with the highest score is matched first. An object that is hardly visible may be missed, and
    finding it counts neither as a hit nor as wrong.
    """
    missed = [thing for thing in moment.objects if thing.required]
    hardly = [thing for thing in moment.objects if not thing.required]
    hits = wrong = 0
    # The best score first: it gets the object if two findings overlap with it.
    for finding in sorted(found, key=lambda finding: -finding.score):
        match = _match(finding, missed)
        if match is not None:
            missed.remove(match)
            hits += 1
        elif _match(finding, hardly) is None:
            wrong += 1
    return FrameCounts(hits, wrong, len(missed))


def overlap(one: Coordinates, other: Coordinates) -> float:
    """Return the intersection of two boxes over their union, 0..1."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    return width * height / (_area(one) + _area(other) - width * height)


def _match(finding: Object, things: Sequence[SeenObject]) -> SeenObject | None:
    alike = [thing for thing in things if thing.label == finding.label]
    best = max(alike, key=lambda thing: overlap(finding.box, thing.box), default=None)
    if best is None or overlap(finding.box, best.box) < MIN_OVERLAP:
        return None
    return best


def _area(box: Coordinates) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
