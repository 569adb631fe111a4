"""Reads the output tensors of detection models: boxes, class ids and scores."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from edgenode import plugin


class Found(NamedTuple):
    """Detected things, in fractions of the model's input. Any number may be out of range or NaN.

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
        """Return the detected things, in fractions of the model's input."""
