"""What every decoder of a detection model gives: boxes, what is in them, and how surely."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Found(NamedTuple):
    """Things found, in fractions of the model's input; any number may be out of range or NaN.

    Attributes:
        edges: float32 [n, 4]: top, left, bottom, right.
        class_ids: [n].
        scores: [n].
    """

    edges: NDArray[np.float32]
    class_ids: list[int]
    scores: list[float]
