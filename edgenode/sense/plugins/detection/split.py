"""Reads YOLOv8's and YOLOv9's outputs before they are joined: edges as distributions, and scores.

Two tensors, [1, cells, 64] and [1, cells, labels], or turned: for each of the four edges of a box
sixteen logits, of its distance from the cell's centre in steps (distribution focal loss,
arXiv 2006.04388). Exports for the Edge TPU end there, as the rest does not quantise well.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from edgenode import plugin
from edgenode.sense.plugins._scores import Range
from edgenode.sense.plugins.detection import Found
from edgenode.sense.plugins.detection.cells import (
    MAX_DETECTIONS,
    candidates,
    centres,
    lowest_raw,
    picture,
    steps_of,
)
from edgenode.sense.plugins.detection.suppression import suppress

Floats = NDArray[np.float32]

EDGES, BINS = 4, 16
NO_SCORE = -0.1
"""A lower number in the tensor of scores shows that they are logits."""


class Split:
    """Reads the two tensors. Scores are logits if the best one of a cell is below 0."""

    def __init__(self, model: plugin.Model, *, floor: float, nms_iou: float) -> None:
        """Take the lowest useful score, and the largest overlap of two different things.

        Raise ``ModelError`` if the outputs have other shapes.
        """
        places = _places(model)
        if places is None:
            raise plugin.ModelError(f"model {model.id!r} {fault(model)}")
        self._boxes, self._scores = (model.outputs[place] for place in places)
        self._places = places
        self._floor, self._iou = floor, nms_iou
        self._range = Range(model, self._scores)
        size = picture(model)
        self._centres, self._steps = centres(size, steps_of(size, _cells(model, places[1])))
        self._sides = np.array([size[1], size[0]], np.float32)

    def read(self, outputs: Sequence[plugin.Tensor]) -> Found:
        """Return at most ``MAX_DETECTIONS`` things with a useful score, best first.

        Raise ``ModelError`` for scores that are neither logits nor 0..1.
        """
        boxes, scores = (outputs[place][0] for place in self._places)
        boxes, scores = (
            one if len(one) == len(self._centres) else one.T for one in (boxes, scores)
        )
        best = scores.max(axis=1)
        logits = bool(np.fmin.reduce(best) < self._raw(NO_SCORE))
        if not logits:
            self._range.check(best)
        floor = _logit(self._floor) if logits else self._floor
        least = self._raw(floor) if logits else lowest_raw(self._scores, floor)
        chosen = candidates(best, least)
        edges = self._edges(self._boxes.dequantise(boxes[chosen]), chosen)
        found = self._scores.dequantise(best[chosen])
        found = 1.0 / (1.0 + np.exp(-found)) if logits else found
        class_ids = scores[chosen].argmax(axis=1)
        usable = np.isfinite(edges).all(axis=1)
        edges, found, class_ids = edges[usable], found[usable], class_ids[usable]
        kept = suppress(edges, found, class_ids, iou=self._iou, limit=MAX_DETECTIONS)
        return Found(edges[kept], class_ids[kept].tolist(), found[kept].tolist())

    def _edges(self, logits: Floats, chosen: NDArray[np.intp]) -> Floats:
        """Return top, left, bottom, right [n, 4] of the cells *chosen* from *logits* [n, 64]."""
        bins = logits.reshape(-1, EDGES, BINS)
        with np.errstate(invalid="ignore"):  # an infinite logit: its box is left out
            shares = np.exp(bins - bins.max(axis=2, keepdims=True))
        distances = (shares @ np.arange(BINS, dtype=np.float32)) / shares.sum(axis=2)
        distances *= self._steps[chosen]
        low = (self._centres[chosen] - distances[:, :2]) / self._sides
        high = (self._centres[chosen] + distances[:, 2:]) / self._sides
        edges: Floats = np.concatenate((low[:, ::-1], high[:, ::-1]), axis=1).astype(np.float32)
        return edges

    def _raw(self, value: float) -> float:
        spec = self._scores
        return value / spec.scale + spec.zero_point if spec.scale else value


def fault(model: plugin.Model) -> str:
    """Return why the model's outputs cannot be read as such; empty if they can."""
    if _places(model) is not None:
        return ""
    shapes = [list(output.shape) for output in model.outputs]
    height, width = picture(model)
    return (
        f"has outputs {shapes} and {len(model.labels)} labels; two of [1, cells, {EDGES * BINS}]"
        f" and [1, cells, {len(model.labels)}] were expected, with the cells of an input of"
        f" {width}x{height}: give the labels it was trained with"
    )


def _places(model: plugin.Model) -> tuple[int, int] | None:
    """Return the places of the boxes and of the scores among the outputs; None if they are not."""
    if len(model.outputs) != 2 or not model.labels:  # noqa: PLR2004 boxes and scores
        return None
    for boxes, scores in ((0, 1), (1, 0)):
        cells = _cells(model, scores)
        wanted = {(1, cells, EDGES * BINS), (1, EDGES * BINS, cells)}
        if cells and model.outputs[boxes].shape in wanted:
            return boxes, scores
    return None


def _cells(model: plugin.Model, place: int) -> int:
    """Return the number of cells in the tensor of scores at *place*; 0 if it is none."""
    shape = model.outputs[place].shape
    if len(shape) != 3 or shape[0] != 1 or len(model.labels) not in shape[1:]:  # noqa: PLR2004 [1, cells, labels]
        return 0
    cells = shape[1] if shape[2] == len(model.labels) else shape[2]
    return cells if steps_of(picture(model), cells) else 0


def _logit(score: float) -> float:
    score = min(max(score, 1e-6), 1.0 - 1e-6)
    return float(np.log(score / (1.0 - score)))
