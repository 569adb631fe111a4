"""Scores detections: each is matched with one object of its frame, or with none."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from edgenode.demo.score.counts import Score
from edgenode.demo.truth import Moment, SeenObject, Truth
from edgenode.messages import Coordinates, Event, Object, ResultMessage

LEAST_OVERLAP = 0.5
"""Intersection over union from which on a box is round the same thing as another."""


class Tally(NamedTuple):
    """What was found, made up and missed in one frame."""

    hits: int
    wrong: int
    missed: int


class Objects:
    """Adds up the frames that were looked at: each result is of one of them."""

    def __init__(self, truth: Truth) -> None:
        self._truth = truth
        self._compared = self._hits = self._wrong = self._missed = 0

    def note(self, message: ResultMessage | Event, played_s: float) -> None:
        """Compare a result with the frame that began then; one of no frame counts for nothing."""
        moment = self._truth.at(played_s)
        if moment is not None and isinstance(message, ResultMessage):
            hits, wrong, missed = tally(message.objects, moment)
            self._compared += 1
            self._hits += hits
            self._wrong += wrong
            self._missed += missed

    def score(self, played_s: float) -> Score:
        """Return the sums; frames that were not looked at count for nothing."""
        del played_s
        return Score(
            compared=self._compared, hits=self._hits, wrong=self._wrong, missed=self._missed
        )


def tally(found: Iterable[Object], moment: Moment) -> Tally:
    """Match what was *found* with what is there: same label, the best box, each only once.

    The highest score chooses first. What is hardly visible need not be found; finding it is neither
    a hit nor wrong.
    """
    missed = [thing for thing in moment.objects if thing.required]
    hardly = [thing for thing in moment.objects if not thing.required]
    hits = wrong = 0
    for finding in sorted(found, key=lambda finding: -finding.score):
        match = _match(finding, missed)
        if match is not None:
            missed.remove(match)
            hits += 1
        elif _match(finding, hardly) is None:
            wrong += 1
    return Tally(hits, wrong, len(missed))


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
    if best is None or overlap(finding.box, best.box) < LEAST_OVERLAP:
        return None
    return best


def _area(box: Coordinates) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
