"""How good detections are: average precision as COCO has it, and what a threshold makes of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from edgenode.plugin import Detection
from edgenode.sense.plugins.detection.suppression import overlaps
from recipes.scenes.arrays import Array

OVERLAP = 0.5
"""Intersection over union from which a detection is right: the 0.5 of mAP@0.5."""
RECALLS = np.linspace(0.0, 1.0, 101)

Found: TypeAlias = Sequence[Sequence[Detection]]
"""What was found, picture by picture."""


@dataclass(frozen=True)
class Judged:
    """All detections of one label: *scores*, highest first, *right* or not, of how many objects."""

    scores: Array
    right: Array
    objects: int

    def average_precision(self) -> float:
        """Return the mean over 101 recalls of the best precision at that recall or above."""
        hits = np.cumsum(self.right)
        precision = hits / np.arange(1, len(hits) + 1)
        ahead = np.append(np.maximum.accumulate(precision[::-1])[::-1], 0.0)
        reached = np.searchsorted(hits / max(self.objects, 1), RECALLS - 1e-9)
        return float(ahead[reached].mean())

    def at(self, threshold: float) -> tuple[float, float]:
        """Return precision and recall of what scores *threshold* or more."""
        hits = int(self.right[self.scores >= threshold].sum())
        kept = int((self.scores >= threshold).sum())
        return hits / max(kept, 1), hits / max(self.objects, 1)


def judged(found: Found, truth: Array, label: str, class_id: int) -> Judged:
    """Return the verdicts on the detections of *label*.

    An object is found once: by the highest score that overlaps it enough.

    Args:
        found: detections of each picture.
        truth: float [pictures, m, 5]: class id or -1, left, top, right, bottom.
        label: name of the class.
        class_id: its number in *truth*.
    """
    scores, right, objects = [], [], 0
    for detections, rows in zip(found, truth, strict=True):
        boxes = rows[rows[:, 0] == class_id, 1:]
        objects += len(boxes)
        mine = sorted((one for one in detections if one.label == label), key=lambda one: -one.score)
        scores += [one.score for one in mine]
        right += _matched(mine, boxes)
    order = np.argsort(-np.array(scores), kind="stable")
    return Judged(np.array(scores)[order], np.array(right, bool)[order], objects)


def _matched(detections: Sequence[Detection], boxes: Array) -> list[bool]:
    """Return for each detection, best first, whether it finds one of *boxes* not yet found."""
    free, right = np.ones(len(boxes), bool), []
    for detection in detections:
        shares = overlaps(np.array(_edges(detection)), boxes.T) * free
        best = int(shares.argmax()) if len(boxes) else -1
        hit = best >= 0 and shares[best] >= OVERLAP
        if hit:
            free[best] = False
        right.append(bool(hit))
    return right


def _edges(detection: Detection) -> tuple[float, float, float, float]:
    box = detection.box
    return box.left, box.top, box.right, box.bottom
