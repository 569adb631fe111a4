"""Reads YOLOv8's output: one tensor, with a box and a score per label for each cell."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from edgenode import plugin
from edgenode.sense.plugins._scores import Range
from edgenode.sense.plugins.detection import Found
from edgenode.sense.plugins.detection.cells import (
    LARGEST_FRACTION,
    MAX_DETECTIONS,
    candidates,
    count,
    lowest_raw,
    picture,
    steps_of,
)
from edgenode.sense.plugins.detection.suppression import suppress

BOX = 4
"""Number of rows before the scores: centre x, centre y, width, height."""

MAX_SCALE = 0.05
"""Largest useful scale of a quantised output: above it, scores of 0..1 are all equal."""

ANCHORS = 3
"""YOLOv5 and earlier have so many boxes per cell, each with a score before those of the labels."""


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
        if wrong := fault(model):
            raise plugin.ModelError(f"model {model.id!r} {wrong}")
        self._output = model.outputs[0]
        self._columns_last = _cells(model, 1) > 0
        self._least = lowest_raw(self._output, floor)
        self._range = Range(model, self._output)
        self._iou = nms_iou
        height, width = picture(model)
        self._sides = np.array([[width], [height], [width], [height]], np.float32)

    def read(self, outputs: Sequence[plugin.Tensor]) -> Found:
        """Return at most ``MAX_DETECTIONS`` things with a useful score, best first.

        Raise ``ModelError`` for scores that are none.
        """
        cells = outputs[0][0] if self._columns_last else outputs[0][0].T
        # Cells are compared in raw numbers, quantised or not; only candidates are converted.
        best = cells[BOX:].max(axis=0)
        self._range.check(best)
        chosen = cells[:, candidates(best, self._least)]
        edges, usable = self._edges(self._output.dequantise(chosen[:BOX]))
        chosen, edges = chosen[BOX:, usable], edges[usable]
        class_ids = chosen.argmax(axis=0)
        scores = self._output.dequantise(chosen.max(axis=0))
        kept = suppress(edges, scores, class_ids, iou=self._iou, limit=MAX_DETECTIONS)
        return Found(edges[kept], class_ids[kept].tolist(), scores[kept].tolist())

    def _edges(self, boxes: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Return top, left, bottom, right [n, 4] of *boxes* [4, n], and which of them are valid."""
        usable = np.isfinite(boxes).all(axis=0) & (boxes[2:] > 0.0).all(axis=0)
        boxes = np.where(usable, boxes, np.float32(0.0))
        if boxes.size and boxes.max() > LARGEST_FRACTION:
            boxes = boxes / self._sides
        x, y, half_width, half_height = boxes[0], boxes[1], boxes[2] / 2, boxes[3] / 2
        edges = (y - half_height, x - half_width, y + half_height, x + half_width)
        return np.stack(edges, axis=1), usable


def fault(model: plugin.Model) -> str:
    """Return why the model's outputs cannot be read as YOLOv8's; empty if they can."""
    shapes = [list(output.shape) for output in model.outputs]
    if not model.labels:
        return "has no labels: a YOLOv8-style output is read by their number; add them"
    if len(shapes) != 1 or len(shapes[0]) != 3 or shapes[0][0] != 1:  # noqa: PLR2004 [1, rows, cells]
        return _other(shapes, len(model.labels), "export a detector without its own nms")
    if not (_cells(model, 1) or _cells(model, 2)):
        return _misfit(model, shapes[0])
    if model.outputs[0].scale > MAX_SCALE:
        return (
            f"has an output in steps of {model.outputs[0].scale:.3g}, too rough for scores of"
            " 0..1: export boxes in fractions of the input, not in pixels"
        )
    return ""


def _cells(model: plugin.Model, axis: int) -> int:
    """Return the number of cells if *axis* of the output has the box and the scores; else 0."""
    shape = model.outputs[0].shape
    cells = shape[3 - axis]
    fits = shape[axis] == BOX + len(model.labels) and steps_of(picture(model), cells)
    return cells if fits else 0


def is_anchored(model: plugin.Model) -> bool:
    """Whether the only output has the shape of YOLOv5's: [1, 3 cells, 5 + labels]."""
    _, boxes, columns = model.outputs[0].shape
    return boxes == ANCHORS * count(picture(model)) and columns > BOX + 1


def _misfit(model: plugin.Model, shape: Sequence[int]) -> str:
    """Return what is wrong with a single output of three axes, and the cure."""
    if is_anchored(model):
        return (
            f"has outputs [{shape}]: those of YOLOv5 and earlier, three boxes per cell with a score"
            f" of their own and {shape[2] - BOX - 1} labels, which are not read; export a YOLOv8 or"
            " later"
        )
    rows = BOX + len(model.labels)
    if rows not in shape[1:]:
        return _other([shape], len(model.labels), "give the labels it was trained with")
    size = picture(model)
    return (
        f"has outputs [{shape}]: {shape[2] if shape[1] == rows else shape[1]} cells, but an input"
        f" of {size[1]}x{size[0]} has {count(size)} (steps of 8, 16 and 32 pixels): it is no"
        " YOLOv8-style output, or the labels are not those it was trained with; for one with its"
        ' own suppression set [traits] output_order = "end-to-end"'
    )


def _other(shapes: Sequence[Sequence[int]], labels: int, cure: str) -> str:
    return (
        f"has outputs {shapes} and {labels} labels, YOLOv8's is [1, {BOX + labels}, cells]: {cure}"
    )
