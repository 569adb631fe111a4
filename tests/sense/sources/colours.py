"""Pictures of one colour."""

import numpy as np
from numpy.typing import NDArray

RED, GREEN, BLUE = (200, 0, 0), (0, 200, 0), (0, 0, 200)


def plain(colour: tuple[int, int, int]) -> NDArray[np.uint8]:
    return np.full((32, 64, 3), colour, np.uint8)
