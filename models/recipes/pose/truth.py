"""What the pose network is asked for in a scene: the keypoints of its largest person."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from edgenode.values import KEYPOINTS
from recipes.scenes import Scene
from recipes.scenes.arrays import Array

JOINTS = len(KEYPOINTS)


@dataclass(frozen=True)
class People:
    """The person of each of n scenes.

    Attributes:
        keypoints: [n, 17, 3]: y, x in fractions, and 1 where the joint is inside the frame; all
            zero where nobody is.
        boxes: [n, 4]: left, top, right, bottom.
        front, whole: [n], whether they face the camera, and are wholly in the frame.
    """

    keypoints: Array
    boxes: Array
    front: Array
    whole: Array


def people(scenes: Iterable[Scene]) -> People:
    """Return the largest person of each scene."""
    seen = [scene.people[0] if scene.people else None for scene in scenes]
    nowhere = np.zeros((JOINTS, 3), np.float32)
    return People(
        np.array([nowhere if one is None else one.keypoints for one in seen], np.float32),
        np.array([(0, 0, 1, 1) if one is None else one.box for one in seen], np.float32),
        np.array([one is not None and one.facing == "front" for one in seen]),
        np.array([one is not None and one.whole for one in seen]),
    )
