"""Scores poses: how far each keypoint is from its true place."""

import math
from collections.abc import Iterator, Sequence

from edgenode.demo.score.counts import Score
from edgenode.demo.truth import SeenPerson, Truth
from edgenode.messages import Event, Point, PoseMessage, ResultMessage


class PoseScorer:
    """Compares the best pose of each result with one person: the one with the largest box.

    A frame in which that person is hardly visible is not counted.
    """

    def __init__(self, truth: Truth) -> None:
        self._truth = truth
        # Distances are in the frame's longer side; x and y are fractions of different sides.
        longer = max(truth.width, truth.height)
        self._scale = (truth.width / longer, truth.height / longer)
        self._distance, self._keypoints = 0.0, 0
        self._hits = self._wrong = self._missed = self._empty = 0

    def add(self, message: ResultMessage | Event, played_s: float) -> None:
        """Compare a result with the frame at *played_s*. A time between two frames is ignored."""
        moment = self._truth.at(played_s)
        if moment is None or not isinstance(message, ResultMessage):
            return
        pose = max(message.poses, key=lambda pose: pose.score, default=None)
        person = moment.people[0] if moment.people else None
        if person is None:
            self._add_empty_frame(pose)
        elif person.required:
            self._add_person(pose, person)

    def score(self, played_s: float) -> Score:
        """Return the totals. Frames without a result are not counted."""
        del played_s
        return Score(
            compared=self._hits + self._wrong + self._missed + self._empty,
            hits=self._hits,
            wrong=self._wrong,
            missed=self._missed,
            keypoint_error=self._distance / self._keypoints if self._keypoints else None,
        )

    def _add_empty_frame(self, pose: PoseMessage | None) -> None:
        if pose is None:
            self._empty += 1
        else:
            self._wrong += 1

    def _add_person(self, pose: PoseMessage | None, person: SeenPerson) -> None:
        if pose is None:
            self._missed += 1
            return
        self._hits += 1
        for distance in distances(pose.keypoints, person, self._scale):
            self._distance += distance
            self._keypoints += 1


def distances(
    found: Sequence[Point], person: SeenPerson, scale: tuple[float, float]
) -> Iterator[float]:
    """Yield the distance of each keypoint inside the frame from its true place.

    *scale* is the width and the height of the frame, each divided by the longer of the two.
    """
    for (x, y, _), real in zip(found, person.keypoints, strict=True):
        if real.visible:
            yield math.hypot((x - real.x) * scale[0], (y - real.y) * scale[1])
