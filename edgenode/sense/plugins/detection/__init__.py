"""What the output tensors of a detection model mean: boxes, what is in them, and how surely."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from edgenode import plugin


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


class Decoder(Protocol):
    """Reads the output tensors of one model."""

    def read(self, outputs: Sequence[plugin.Tensor]) -> Found:
        """Return what they say, in fractions of the model's input."""
