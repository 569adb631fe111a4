"""What is measured of the detector, on scenes it never saw."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from edgenode.catalogue.manifest import find
from edgenode.plugin import Detection
from edgenode.sense.plugins.object_detection import DetectionOptions, ObjectDetection
from recipes.detector.scoring import Found, Judged, judged
from recipes.progress import Progress
from recipes.scenes import LABELS
from recipes.scenes.arrays import Array
from recipes.vision.node import About, OnNode

LEAST = 0.01
"""Scores above it count in the average precision."""
SMALL = 0.15
"""Longer side of a small object, in sides of the frame."""


def on_node(content: bytes, name: str) -> OnNode:
    """Return the model file *content* as a node runs it, but for its thresholds."""
    options = DetectionOptions(source="camera", threshold=LEAST)
    return OnNode(
        content, About(name, LABELS, find(name).traits), partial(ObjectDetection, options)
    )


def found(node: OnNode, pictures: Array | Sequence[Array], step: str) -> Found:
    """Return what *node* detects on each of *pictures*."""
    progress, answers = Progress(step), []
    for number, picture in enumerate(pictures):
        answers.append([one for one in node.findings(picture) if isinstance(one, Detection)])
        progress(number + 1, len(pictures))
    return answers


def certain(detections: Found, thresholds: Mapping[str, float]) -> Found:
    """Return those of *detections* that reach the threshold of their label."""
    return [[one for one in each if one.score >= thresholds[one.label]] for each in detections]


def figures(detections: Found, truth: Array, thresholds: Mapping[str, float]) -> dict[str, Any]:
    """Return mean average precision, and by label: that, and what its threshold makes of it.

    Args:
        detections: of each picture, down to ``LEAST``.
        truth: float [pictures, m, 5]: class id or -1, left, top, right, bottom.
        thresholds: by label.
    """
    by_label = {
        label: _label(judged(detections, truth, label, class_id), thresholds[label])
        for class_id, label in enumerate(LABELS)
    }
    precisions = [one["average_precision"] for one in by_label.values()]
    return {
        "mean_average_precision": round(float(np.mean(precisions)), 3),
        "by_label": by_label,
        "false_person": round(_false_alarms(detections, truth, thresholds["person"]), 3),
        "small_balls_found": round(_small_found(detections, truth, "ball", thresholds["ball"]), 3),
    }


def _label(verdicts: Judged, threshold: float) -> dict[str, Any]:
    precision, recall = verdicts.at(threshold)
    return {
        "objects": verdicts.objects,
        "threshold": threshold,
        "average_precision": round(verdicts.average_precision(), 3),
        "precision": round(precision, 3),
        "recall": round(recall, 3),
    }


def _false_alarms(detections: Found, truth: Array, threshold: float) -> float:
    """Return the share of pictures without a person on which one is detected."""
    nobody = ~(truth[..., 0] == LABELS.index("person")).any(1)
    alarms = [
        _says_person(one, threshold) for one, free in zip(detections, nobody, strict=True) if free
    ]
    return float(np.mean(alarms)) if alarms else 0.0


def _says_person(detections: Sequence[Detection], threshold: float) -> bool:
    return any(one.label == "person" and one.score >= threshold for one in detections)


def _small_found(detections: Found, truth: Array, label: str, threshold: float) -> float:
    """Return the share of small objects of *label* that are found."""
    sides = (truth[..., 3:] - truth[..., 1:3]).max(-1)
    small = np.where((sides < SMALL)[..., None], truth, -1.0)
    return judged(detections, small, label, LABELS.index(label)).at(threshold)[1]
