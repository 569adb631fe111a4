"""YOLOv8's output: one tensor with a column per cell, a box and a score for each label."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgenode import plugin
from edgenode.sense.plugins.detection import Found
from edgenode.sense.plugins.detection.suppression import suppress

BOX = 4
"""Rows before the scores: centre x, centre y, width, height."""

MOST = 100
"""Things found in one frame, as in COCO's evaluation."""
CANDIDATES = 1000
"""Boxes that are compared at all: the best ones, and those as good as the last of them."""

LARGEST_FRACTION = 2.0
"""A box with a larger number is in pixels: no fraction is, and no box worth finding is so small."""
ROUGHEST_STEP = 0.05
"""Scale of a quantised output above which scores of 0..1 cannot be told apart."""


class Yolov8:
    """Reads [1, 4 + labels, cells] or [1, cells, 4 + labels], the labels' number tells which.

    Scores are 0..1, boxes in fractions of the input as Ultralytics' TFLite exports have them;
    of a float output also in pixels, told by their size. A box has the label of its best score.
    """

    def __init__(self, model: plugin.Model, *, floor: float, nms_iou: float) -> None:
        """Take the lowest score of interest and the overlap that is still two things.

        Raise ``ModelError`` when the output is another, or quantised too roughly.
        """
        if fault := _fault(model):
            raise plugin.ModelError(f"model {model.id!r} {fault}")
        self._output = model.outputs[0]
        self._columns_last = self._output.shape[1] == BOX + len(model.labels)
        self._least = _quantum(self._output, floor)
        self._iou = nms_iou
        height, width = model.input.shape[1:3]
        self._sides = np.array([[width], [height], [width], [height]], np.float32)

    def read(self, outputs: Sequence[plugin.Tensor]) -> Found:
        """Return at most ``MOST`` things of a score that may be of interest, best first."""
        cells = outputs[0][0] if self._columns_last else outputs[0][0].T
        # All cells are looked at as they are, quantised or not; few of them become numbers.
        chosen = cells[:, self._candidates(cells[BOX:].max(axis=0))]
        edges, usable = self._edges(self._output.dequantise(chosen[:BOX]))
        chosen, edges = chosen[BOX:, usable], edges[usable]
        class_ids = chosen.argmax(axis=0)
        scores = self._output.dequantise(chosen.max(axis=0))
        kept = suppress(edges, scores, class_ids, iou=self._iou, most=MOST)
        return Found(edges[kept], class_ids[kept].tolist(), scores[kept].tolist())

    def _candidates(self, best: plugin.Tensor) -> NDArray[np.intp]:
        """Return the places of the cells whose best score is of interest."""
        places: NDArray[np.intp] = np.flatnonzero(best >= self._least)
        if len(places) <= CANDIDATES:
            return places
        scores = best[places]
        least: np.integer[Any] | np.floating[Any] = np.partition(scores, -CANDIDATES)[-CANDIDATES]
        return places[scores >= least]

    def _edges(self, boxes: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Return top, left, bottom, right [n, 4] of *boxes* [4, n], and which are boxes at all."""
        usable = np.isfinite(boxes).all(axis=0) & (boxes[2:] > 0.0).all(axis=0)
        boxes = np.where(usable, boxes, np.float32(0.0))
        if boxes.size and boxes.max() > LARGEST_FRACTION:
            boxes = boxes / self._sides
        x, y, half_width, half_height = boxes[0], boxes[1], boxes[2] / 2, boxes[3] / 2
        edges = (y - half_height, x - half_width, y + half_height, x + half_width)
        return np.stack(edges, axis=1), usable


def fits(model: plugin.Model) -> bool:
    """Return whether the model's output can be one of these."""
    return not _fault(model)


def _fault(model: plugin.Model) -> str:
    """Return what speaks against reading the model's output, empty if nothing does."""
    shapes = [list(output.shape) for output in model.outputs]
    rows = BOX + len(model.labels)
    if not model.labels:
        return "has no labels: a YOLOv8-style output is read by their number; add them"
    if len(shapes) != 1 or len(shapes[0]) != 3 or rows not in shapes[0][1:]:  # noqa: PLR2004 [1, rows, cells]
        return (
            f"has outputs {shapes} and {len(model.labels)} labels, YOLOv8's is [1, {rows}, cells]:"
            " give the labels it was trained with, and export a detector without its own nms"
        )
    if model.outputs[0].scale > ROUGHEST_STEP:
        return (
            f"has an output in steps of {model.outputs[0].scale:.3g}, too rough for scores of"
            " 0..1: export boxes in fractions of the input, not in pixels"
        )
    return ""


def _quantum(spec: plugin.TensorSpec, score: float) -> float:
    """Return the least raw number of an output that may stand for *score*, and for more than 0."""
    if spec.scale == 0.0:
        return max(score, math.ulp(0.0))
    return spec.zero_point + max(math.floor(score / spec.scale), 1)
