"""Scores poses: how far each keypoint of the main person is from where it really is."""

import math
from collections.abc import Iterator, Sequence

from edgenode.demo.score.counts import Score
from edgenode.demo.truth import SeenPerson, Truth
from edgenode.messages import Event, Point, PoseMessage, ResultMessage


class Poses:
    """Compares the best pose of each result with the person of its frame that has the largest box.

    A frame where that person is hardly visible is not looked at.
    """

    def __init__(self, truth: Truth) -> None:
        self._truth = truth
        longer = max(truth.width, truth.height)
        self._scale = (truth.width / longer, truth.height / longer)
        self._distance, self._keypoints = 0.0, 0
        self._hits = self._wrong = self._missed = self._empty = 0

    def note(self, message: ResultMessage | Event, played_s: float) -> None:
        """Compare a result with the frame that began then; one of no frame counts for nothing."""
        moment = self._truth.at(played_s)
        if moment is None or not isinstance(message, ResultMessage):
            return
        pose = max(message.poses, key=lambda pose: pose.score, default=None)
        person = moment.people[0] if moment.people else None
        if person is None:
            self._note_nobody(pose)
        elif person.required:
            self._note_person(pose, person)

    def score(self, played_s: float) -> Score:
        """Return the sums; frames that were not looked at count for nothing."""
        del played_s
        return Score(
            compared=self._hits + self._wrong + self._missed + self._empty,
            hits=self._hits,
            wrong=self._wrong,
            missed=self._missed,
            keypoint_error=self._distance / self._keypoints if self._keypoints else None,
        )

    def _note_nobody(self, pose: PoseMessage | None) -> None:
        if pose is None:
            self._empty += 1
        else:
            self._wrong += 1

    def _note_person(self, pose: PoseMessage | None, person: SeenPerson) -> None:
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
    """Yield how far each keypoint that is inside the frame is from where it should be.

    *scale*: what a fraction of the width and of the height is worth.
    """
    for (x, y, _), real in zip(found, person.keypoints, strict=True):
        if real.visible:
            yield math.hypot((x - real.x) * scale[0], (y - real.y) * scale[1])
