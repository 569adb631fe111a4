"""What the detector is asked to find in a scene: rows of numbers, as many for every scene."""

import numpy as np

from recipes.scenes import LABELS, REQUIRED_VISIBLE, Scene
from recipes.scenes.arrays import Array

ROWS = 12
NOTHING = -1.0


def objects(scene: Scene) -> Array:
    """Return float32 [ROWS, 5]: class id, left, top, right, bottom in fractions; -1: no object.

    What is hidden for the most part is left out.
    """
    table = np.full((ROWS, 5), NOTHING, np.float32)
    seen = [one for one in scene.objects if one.visible >= REQUIRED_VISIBLE]
    for row, one in zip(table, seen, strict=False):
        row[:] = (LABELS.index(one.label), *one.box)
    return table
