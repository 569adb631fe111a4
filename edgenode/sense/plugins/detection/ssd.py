"""SSD models with TFLite's post-processing operator, which has already suppressed boxes."""

import math
from collections.abc import Sequence

from edgenode import plugin
from edgenode.sense.plugins._scores import LEAST, MOST
from edgenode.sense.plugins.detection import Found
from edgenode.sense.plugins.detection.cells import MAX_DETECTIONS

# Values: positions of boxes, classes, scores, count. Of the first three the position of the boxes
# tells which one a model has: this is the rule of pycoral (pycoral/adapters/detect.py,
# get_objects). The others, with classes and scores exchanged, must be declared.
ORDERS = {
    "boxes-classes-scores-count": (0, 1, 2, 3),
    "scores-boxes-count-classes": (1, 3, 0, 2),
    "count-scores-classes-boxes": (3, 2, 1, 0),
    "boxes-scores-classes-count": (0, 2, 1, 3),
    "classes-boxes-count-scores": (1, 0, 3, 2),
    "count-classes-scores-boxes": (3, 1, 2, 0),
}
FOUND_BY_SHAPE = tuple(ORDERS)[:3]
EXCHANGED = dict(zip(ORDERS, [*list(ORDERS)[3:], *FOUND_BY_SHAPE], strict=True))

NO_CLASS = frozenset({"???", "background"})
"""Labels of a first class that stands for nothing."""


class Ssd:
    """Reads the four outputs of ``TFLite_Detection_PostProcess`` in one of ``ORDERS``."""

    def __init__(self, model: plugin.Model, order: str) -> None:
        """Raise ``ModelError`` if the outputs' shapes do not fit *order*."""
        if wrong := fault(model, order):
            raise plugin.ModelError(f"model {model.id!r} {wrong}")
        self._name = model.id
        self._order = order
        self._places = ORDERS[order]
        self._has_shapes = all(output.shape for output in model.outputs)

    def read(self, outputs: Sequence[plugin.Tensor]) -> Found:
        """Return the boxes up to the count; they are [1, n, 4]: top, left, bottom, right.

        Raise ``ModelError`` for outputs that are not in the order: scores beyond 0..1, class ids
        that are not whole.
        """
        if not self._has_shapes:
            self._check_shapes([one.shape for one in outputs])
        boxes, classes, scores, count = (outputs[place] for place in self._places)
        # For an empty picture the count may be any number, even NaN.
        most = min(boxes.shape[1], MAX_DETECTIONS)
        number = int(min(count.flat[0], most)) if count.flat[0] > 0 else 0
        # Lists, because for so few numbers they are faster than arrays.
        ids, found = classes[0, :number].tolist(), scores[0, :number].tolist()
        if not all(LEAST <= one <= MOST for one in found):
            self._check_scores(found)
        if not all(one % 1 == 0 for one in ids):
            self._check_classes(ids, found)
            ids = [one if math.isfinite(one) else -1 for one in ids]
        return Found(boxes[0, :number], [int(one) for one in ids], found)

    def _check_shapes(self, shapes: Sequence[tuple[int, ...]]) -> None:
        boxes = shapes[self._places[0]]
        if wrong := _misfit(shapes, self._order) or (not boxes and _other(shapes, self._order)):
            raise plugin.ModelError(f"model {self._name!r} {wrong}")

    def _check_scores(self, scores: list[float]) -> None:
        for one in scores:
            if one < LEAST or one > MOST:
                raise self._error(f"{one:.3g} as a score, which is 0 to 1", scores)

    def _check_classes(self, classes: list[float], scores: list[float]) -> None:
        for one in classes:
            if math.isfinite(one) and one % 1:
                raise self._error(f"{one:.3g} as a class id, which is a whole number", scores)

    def _error(self, what: str, scores: list[float]) -> plugin.ModelError:
        """Return the error; where the scores would be class ids, the cure is the other order."""
        other = EXCHANGED[self._order]
        exchanged = all(one % 1 == 0 for one in scores) and max(scores) > MOST
        cure = f"set [traits] output_order = {other!r}"
        return plugin.ModelError(
            f"model {self._name!r} gives {what}, where its output_order {self._order!r} has it:"
            f" {cure if exchanged else 'use a model with TFLite_Detection_PostProcess'}"
        )


def order(model: plugin.Model) -> str | None:
    """Return the name of the order that fits the shapes of the outputs; None if none fits."""
    fitting = (name for name in FOUND_BY_SHAPE if not fault(model, name))
    return next((name for name in fitting if model.outputs[ORDERS[name][0]].shape), None)


def fault(model: plugin.Model, order: str) -> str:
    """Return why the model's outputs cannot be in *order*; empty if they can.

    Before the first inference an output may have no shape: that fits all.
    """
    return _misfit([output.shape for output in model.outputs], order)


def _misfit(shapes: Sequence[tuple[int, ...]], order: str) -> str:
    if len(shapes) != len(ORDERS[order]):
        listed = [list(shape) for shape in shapes]
        return f"has outputs {listed}, TFLite_Detection_PostProcess has four: use another"
    boxes, classes, scores, count = (shapes[place] for place in ORDERS[order])
    number = boxes[1] if len(boxes) == 3 else 0  # noqa: PLR2004 [1, n, 4]
    fits = boxes in {(), (1, number, 4)} and math.prod(count) == 1
    if fits and all(one == () or not boxes or one == (1, number) for one in (classes, scores)):
        return ""
    return _other(shapes, order)


def _other(shapes: Sequence[tuple[int, ...]], order: str) -> str:
    return (
        f"has outputs {[list(shape) for shape in shapes]}, which are not in its output_order"
        f" {order!r}: remove it from [traits], or set the right one"
    )


def labels(model: plugin.Model) -> tuple[str, ...]:
    """Return the labels by class id: the operator does not count a first class that is none."""
    return model.labels[1:] if model.labels[:1] and model.labels[0] in NO_CLASS else model.labels
