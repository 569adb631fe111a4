"""SSD models with TFLite's post-processing operator, which has already suppressed boxes."""

from collections.abc import Sequence

import numpy as np

from edgenode import plugin
from edgenode.sense.plugins.detection import Found

# Three orders exist, and the position of the boxes tells which one a model has: this is the rule of
# pycoral (pycoral/adapters/detect.py, get_objects). Values: positions of boxes, classes, scores,
# count.
ORDERS = {
    "boxes-classes-scores-count": (0, 1, 2, 3),
    "scores-boxes-count-classes": (1, 3, 0, 2),
    "count-scores-classes-boxes": (3, 2, 1, 0),
}


class Ssd:
    """Reads the four outputs of ``TFLite_Detection_PostProcess`` in one of ``ORDERS``."""

    def __init__(self, order: str) -> None:
        self._places = ORDERS[order]

    def read(self, outputs: Sequence[plugin.Tensor]) -> Found:
        """Return the boxes up to the count; they are [1, n, 4]: top, left, bottom, right."""
        boxes, classes, scores, count = (outputs[place] for place in self._places)
        # For an empty picture the count may be any number, even NaN.
        number = int(min(count.flat[0], boxes.shape[1])) if count.flat[0] > 0 else 0
        class_ids = np.nan_to_num(classes[0, :number], nan=-1.0, posinf=-1.0, neginf=-1.0)
        return Found(boxes[0, :number], class_ids.astype(int).tolist(), scores[0, :number].tolist())


def order(model: plugin.Model) -> str | None:
    """Return the name of the order that fits the shapes of the outputs; None if none fits."""
    shapes = [output.shape for output in model.outputs]
    for name, places in ORDERS.items():
        boxes = places[0]
        if len(shapes) == len(places) and len(shapes[boxes]) == 3 and shapes[boxes][2] == 4:  # noqa: PLR2004 [1, n, 4]
            return name
    return None
