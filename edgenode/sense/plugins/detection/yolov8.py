"""Reads YOLOv8's output: one tensor, with a box and a score per label for each cell."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgenode import plugin
from edgenode.sense.plugins.detection import Found
from edgenode.sense.plugins.detection.suppression import suppress

BOX = 4
"""Number of rows before the scores: centre x, centre y, width, height."""

MAX_DETECTIONS = 100
"""Most things per frame, as in COCO's evaluation."""
MAX_CANDIDATES = 1000
"""Only so many of the best boxes are compared, and those with the same score as the last one."""

LARGEST_FRACTION = 2.0
"""Boxes with a larger number are in pixels: no fraction is so large, and no useful box so small."""
MAX_SCALE = 0.05
"""Largest useful scale of a quantised output: above it, scores of 0..1 are all equal."""


class Yolov8:
    """Reads [1, 4 + labels, cells] or [1, cells, 4 + labels]: the number of labels decides.

    Scores are 0..1. Boxes are fractions of the input, as in Ultralytics' TFLite exports; in a float
    output they may be pixels, which their size shows. The label of a box is the one with the best
    score.
    """

    def __init__(self, model: plugin.Model, *, floor: float, nms_iou: float) -> None:
        """Take the lowest useful score, and the largest overlap of two different things.

        Raise ``ModelError`` if the output has another shape, or its scale is too large.
        """
        if fault := _fault(model):
            raise plugin.ModelError(f"model {model.id!r} {fault}")
        self._output = model.outputs[0]
        self._columns_last = self._output.shape[1] == BOX + len(model.labels)
        self._least = _lowest_raw(self._output, floor)
        self._iou = nms_iou
        height, width = model.input.shape[1:3]
        self._sides = np.array([[width], [height], [width], [height]], np.float32)

    def read(self, outputs: Sequence[plugin.Tensor]) -> Found:
        """Return at most ``MAX_DETECTIONS`` things with a useful score, best first."""
        cells = outputs[0][0] if self._columns_last else outputs[0][0].T
        # Cells are compared in raw numbers, quantised or not; only candidates are converted.
        chosen = cells[:, self._candidates(cells[BOX:].max(axis=0))]
        edges, usable = self._edges(self._output.dequantise(chosen[:BOX]))
        chosen, edges = chosen[BOX:, usable], edges[usable]
        class_ids = chosen.argmax(axis=0)
        scores = self._output.dequantise(chosen.max(axis=0))
        kept = suppress(edges, scores, class_ids, iou=self._iou, limit=MAX_DETECTIONS)
        return Found(edges[kept], class_ids[kept].tolist(), scores[kept].tolist())

    def _candidates(self, best: plugin.Tensor) -> NDArray[np.intp]:
        """Return the indices of the cells whose best score is useful."""
        places: NDArray[np.intp] = np.flatnonzero(best >= self._least)
        if len(places) <= MAX_CANDIDATES:
            return places
        scores = best[places]
        least: np.integer[Any] | np.floating[Any] = np.partition(scores, -MAX_CANDIDATES)[
            -MAX_CANDIDATES
        ]
        return places[scores >= least]

    def _edges(self, boxes: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Return top, left, bottom, right [n, 4] of *boxes* [4, n], and which of them are valid."""
        usable = np.isfinite(boxes).all(axis=0) & (boxes[2:] > 0.0).all(axis=0)
        boxes = np.where(usable, boxes, np.float32(0.0))
        if boxes.size and boxes.max() > LARGEST_FRACTION:
            boxes = boxes / self._sides
        x, y, half_width, half_height = boxes[0], boxes[1], boxes[2] / 2, boxes[3] / 2
        edges = (y - half_height, x - half_width, y + half_height, x + half_width)
        return np.stack(edges, axis=1), usable


def fits(model: plugin.Model) -> bool:
    """Return whether the model's output has this form."""
    return not _fault(model)


def _fault(model: plugin.Model) -> str:
    """Return why the model's output cannot be read; empty if it can."""
    shapes = [list(output.shape) for output in model.outputs]
    rows = BOX + len(model.labels)
    if not model.labels:
        return "has no labels: a YOLOv8-style output is read by their number; add them"
    if len(shapes) != 1 or len(shapes[0]) != 3 or rows not in shapes[0][1:]:  # noqa: PLR2004 [1, rows, cells]
        return (
            f"has outputs {shapes} and {len(model.labels)} labels, YOLOv8's is [1, {rows}, cells]:"
            " give the labels it was trained with, and export a detector without its own nms"
        )
    if model.outputs[0].scale > MAX_SCALE:
        return (
            f"has an output in steps of {model.outputs[0].scale:.3g}, too rough for scores of"
            " 0..1: export boxes in fractions of the input, not in pixels"
        )
    return ""


def _lowest_raw(spec: plugin.TensorSpec, score: float) -> float:
    """Return the lowest raw number that stands for at least *score*, and for more than 0."""
    if spec.scale == 0.0:
        return max(score, math.ulp(0.0))
    return spec.zero_point + max(math.floor(score / spec.scale), 1)
