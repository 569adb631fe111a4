"""Checks that what a model gives as scores can be scores: from 0 to 1, within rounding."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgenode import plugin

LEAST, MOST = -0.1, 1.1
"""Beyond these a number is no score of 0..1, even one that was quantised roughly."""

CURE = (
    "logits need a sigmoid or a softmax at the model's end, percents a division by 100;"
    " otherwise the output holds something else"
)


class Range:
    """What the scores of one model may be, in the raw numbers of their tensor."""

    def __init__(self, model: plugin.Model, spec: plugin.TensorSpec, cure: str = CURE) -> None:
        """Name *model* in errors, and *cure*; *spec* has the quantisation of the scores."""
        self._name = model.id
        self._spec = spec
        self._cure = cure
        scale, zero_point = spec.scale or 1.0, spec.zero_point if spec.scale else 0
        self._least, self._most = LEAST / scale + zero_point, MOST / scale + zero_point
        limits = np.iinfo(spec.dtype) if spec.scale else None
        # All that a tensor of 1/256 can hold are scores.
        self._is_certain = bool(limits and self._least <= limits.min and limits.max <= self._most)

    def check(self, scores: NDArray[Any]) -> None:
        """Raise ``ModelError`` if one of the raw *scores* is out of range, or none is a number.

        Single ones that are not a number pass.
        """
        # Not so for NaN: then the numbers alone are compared.
        if self._is_certain or (self._least <= scores.min() and scores.max() <= self._most):
            return
        numbers = scores[~np.isnan(scores)]
        if not numbers.size:
            raise plugin.ModelError(
                f"model {self._name!r} gives NaN for every score: it is damaged, or its input is"
                " not what it was trained with; convert it again"
            )
        if numbers.max() > self._most:
            raise self._error(numbers.max())
        if numbers.min() < self._least:
            raise self._error(numbers.min())

    def _error(self, raw: Any) -> plugin.ModelError:  # noqa: ANN401 a number of any type of numpy
        score = float(self._spec.dequantise(np.asarray(raw)))
        return plugin.ModelError(
            f"model {self._name!r} gives {score:.3g} as a score, which is 0 to 1: {self._cure}"
        )
