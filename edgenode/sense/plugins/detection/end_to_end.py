"""Reads the output of detectors that suppress boxes themselves: YOLOv10, YOLO26, ``nms=True``.

One tensor [1, n, 6]: left, top, right, bottom, score, class id (docs.ultralytics.com,
"End-to-End Detection").
"""

from collections.abc import Sequence

import numpy as np

from edgenode import plugin
from edgenode.sense.plugins._scores import Range
from edgenode.sense.plugins.detection import Found
from edgenode.sense.plugins.detection.cells import (
    LARGEST_FRACTION,
    MAX_DETECTIONS,
    lowest_raw,
    picture,
    steps_of,
)
from edgenode.sense.plugins.detection.yolov8 import is_anchored

COLUMNS = 6
MOST_BOXES = 1000
"""More than a detector that has suppressed boxes gives; these models have 300."""
SCORE, CLASS = 4, 5
WHOLE = 0.01
"""Largest distance of a class id from a whole number."""
MAX_SCALE = 0.05
"""Largest useful scale of a quantised output, as in ``yolov8``."""


class EndToEnd:
    """Reads [1, n, 6]. Boxes are fractions of the input or pixels, which their size shows."""

    def __init__(self, model: plugin.Model, *, floor: float) -> None:
        """Take the lowest useful score; raise ``ModelError`` if the output has another shape."""
        if wrong := fault(model):
            raise plugin.ModelError(f"model {model.id!r} {wrong}")
        self._name = model.id
        self._output = model.outputs[0]
        self._least = lowest_raw(self._output, floor)
        self._range = Range(model, self._output)
        height, width = picture(model)
        self._sides = np.array([height, width, height, width], np.float32)

    def read(self, outputs: Sequence[plugin.Tensor]) -> Found:
        """Return at most ``MAX_DETECTIONS`` things with a useful score, best first.

        Raise ``ModelError`` for scores that are none, and for class ids that are not whole.
        """
        rows = outputs[0][0]
        self._range.check(rows[:, SCORE])
        useful = np.flatnonzero(rows[:, SCORE] >= self._least)
        best = useful[np.argsort(-rows[useful, SCORE].astype(np.float32), kind="stable")]
        found = self._output.dequantise(rows[best[:MAX_DETECTIONS]])
        found = found[np.isfinite(found).all(axis=1)]
        edges = found[:, [1, 0, 3, 2]]
        if edges.size and edges.max() > LARGEST_FRACTION:
            edges = edges / self._sides
        return Found(edges, self._class_ids(found[:, CLASS]), found[:, SCORE].tolist())

    def _class_ids(self, classes: plugin.Tensor) -> list[int]:
        ids = np.rint(classes)
        far = np.abs(classes - ids) > WHOLE
        if far.any():
            raise plugin.ModelError(
                f"model {self._name!r} gives {classes[far][0]:.3g} as a class id, which is a whole"
                " number: its columns are not left, top, right, bottom, score, class id; export it"
                " with nms=True or end2end=True, or without"
            )
        class_ids: list[int] = ids.astype(int).tolist()
        return class_ids


def fault(model: plugin.Model) -> str:
    """Return why the model's outputs cannot be read as such; empty if they can."""
    shapes = [list(output.shape) for output in model.outputs]
    if len(shapes) != 1 or len(shapes[0]) != 3 or shapes[0][0] != 1 or shapes[0][2] != COLUMNS:  # noqa: PLR2004 [1, n, 6]
        return f"has outputs {shapes}, an end-to-end detector's is [1, n, {COLUMNS}]: use another"
    if shapes[0][1] > MOST_BOXES:
        return (
            f"has outputs {shapes}: more than the {MOST_BOXES} boxes that an end-to-end detector"
            " gives; use another"
        )
    return _rough(model)


def shows(model: plugin.Model) -> bool:
    """Whether the outputs are such, and of no detector with cells, whatever their labels are."""
    if fault(model):
        return False
    boxes = model.outputs[0].shape[1]
    return not (steps_of(picture(model), boxes) or is_anchored(model))


def _rough(model: plugin.Model) -> str:
    """Return the fault of a quantised output that cannot hold class ids beside scores."""
    output, last = model.outputs[0], len(model.labels) - 1
    if output.scale == 0.0:
        return ""
    highest = float(output.dequantise(np.array(np.iinfo(output.dtype).max)))
    if output.scale <= MAX_SCALE and highest >= last:
        return ""
    return (
        f"has one quantised output, in steps of {output.scale:.3g} up to {highest:.3g}, for boxes,"
        f" scores and class ids up to {last}: it cannot hold them all; export it with a float"
        " output, or without its own nms (end2end=False)"
    )
