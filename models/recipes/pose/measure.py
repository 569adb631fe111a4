"""What is measured of the pose network, on scenes it never saw."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from edgenode.catalogue.manifest import find
from edgenode.plugin import KEYPOINTS, Pose
from edgenode.sense.plugins.pose_estimation import PoseEstimation, PoseOptions
from recipes.pose.scoring import PARTS, Judged, judged
from recipes.pose.truth import People
from recipes.progress import Progress
from recipes.scenes.arrays import Array
from recipes.vision.node import About, OnNode


def on_node(content: bytes, name: str) -> OnNode:
    """Return the model file *content* as a node runs it."""
    return OnNode(
        content,
        About(name, tuple(KEYPOINTS), find(name).traits),
        partial(PoseEstimation, PoseOptions(source="camera")),
    )


def said(node: OnNode, pictures: Array | Sequence[Array], step: str) -> Array:
    """Return the keypoints *node* sees on each of *pictures*, [n, 17, 3]: y, x, score."""
    progress, answers = Progress(step), []
    for number, picture in enumerate(pictures):
        answers.append(_keypoints(node, picture))
        progress(number + 1, len(pictures))
    return np.array(answers)


def _keypoints(node: OnNode, picture: Array) -> list[tuple[float, float, float]]:
    (pose,) = (one for one in node.findings(picture) if isinstance(one, Pose))
    return [(point.y, point.x, point.score) for point in pose.keypoints]


def figures(keypoints: Array, people: People, threshold: float) -> dict[str, Any]:
    """Return the share of keypoints that are near: of all, by view and by part; and the scores.

    Args:
        keypoints: said of each picture, [n, 17, 3].
        people: who is there.
        threshold: lowest score of a pose that is reported.
    """
    verdicts = judged(keypoints, people)
    views: dict[str, Array | slice] = {
        "all": slice(None),
        "whole, from the front": people.whole & people.front,
        "whole, otherwise": people.whole & ~people.front,
        "cut by the frame": ~people.whole,
    }
    return {
        "pck": {view: round(verdicts.pck(which), 3) for view, which in views.items()},
        "by_part": {part: round(verdicts.pck(joints=at), 3) for part, at in PARTS.items()},
        "scores": _scores(verdicts, threshold),
    }


def _scores(verdicts: Judged, threshold: float) -> dict[str, float]:
    there = verdicts.somebody
    return {
        "somebody": round(float(verdicts.scores[there].mean()), 2),
        "nobody": round(float(verdicts.scores[~there].mean()), 2),
        "somebody_reported": round(float((verdicts.scores[there] >= threshold).mean()), 3),
        "nobody_reported": round(float((verdicts.scores[~there] >= threshold).mean()), 3),
    }
