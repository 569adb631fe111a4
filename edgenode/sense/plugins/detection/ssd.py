"""SSD models that end in TFLite's own post-processing operator: boxes come already suppressed."""

from collections.abc import Sequence

import numpy as np

from edgenode import plugin
from edgenode.sense.plugins.detection import Found

# pycoral's rule (pycoral/adapters/detect.py, get_objects): three orders are met in the field, and
# the place of the boxes tells them apart. Values: places of boxes, classes, scores, count.
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
        """Return as many boxes as the count says; boxes [1, n, 4]: top, left, bottom, right."""
        boxes, classes, scores, count = (outputs[place] for place in self._places)
        # An empty picture may leave anything in the count, NaN too.
        number = int(min(count.flat[0], boxes.shape[1])) if count.flat[0] > 0 else 0
        class_ids = np.nan_to_num(classes[0, :number], nan=-1.0, posinf=-1.0, neginf=-1.0)
        return Found(boxes[0, :number], class_ids.astype(int).tolist(), scores[0, :number].tolist())


def order(model: plugin.Model) -> str | None:
    """Return which of ``ORDERS`` the shapes of the model's outputs have, None if none."""
    shapes = [output.shape for output in model.outputs]
    for name, places in ORDERS.items():
        boxes = places[0]
        if len(shapes) == len(places) and len(shapes[boxes]) == 3 and shapes[boxes][2] == 4:  # noqa: PLR2004 [1, n, 4]
            return name
    return None
