"""How good keypoints are: the share that lies within a part of the person's longer side (PCK)."""

from dataclasses import dataclass

import numpy as np

from recipes.pose.truth import People
from recipes.scenes.arrays import Array

NEAR = 0.1
"""Of the longer side of the person's box: the 0.1 of PCK@0.1."""
PARTS = {
    "face": slice(0, 5),
    "shoulders": slice(5, 7),
    "elbows": slice(7, 9),
    "wrists": slice(9, 11),
    "hips": slice(11, 13),
    "knees": slice(13, 15),
    "ankles": slice(15, 17),
}


@dataclass(frozen=True)
class Judged:
    """*errors* [n, 17] in longer sides of the box, NaN where no joint is; *scores* [n] of poses."""

    errors: Array
    scores: Array
    people: People

    @property
    def somebody(self) -> Array:
        """Whether there is a person at all, [n]."""
        return self.people.keypoints[..., 2].any(1)

    def pck(self, which: Array | slice = slice(None), joints: slice = slice(None)) -> float:
        """Return the share of keypoints that are near, of the pictures *which* and of *joints*."""
        errors = self.errors[which, joints]
        return float((errors[~np.isnan(errors)] < NEAR).mean())


def judged(said: Array, people: People) -> Judged:
    """Return the verdict on *said* [n, 17, 3]: y, x, score of each keypoint."""
    sides = people.boxes[:, 2:] - people.boxes[:, :2]
    off = np.linalg.norm(said[..., :2] - people.keypoints[..., :2], axis=-1)
    inside = people.keypoints[..., 2] > 0
    errors = np.where(inside, off / sides.max(1, keepdims=True), np.nan)
    return Judged(errors, said[..., 2].mean(1), people)
