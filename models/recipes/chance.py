"""Drawing lots: what every part of a scene, a voice or a room asks of its seeded generator."""

from bisect import bisect
from collections.abc import Mapping
from itertools import accumulate
from typing import TypeVar

import numpy as np

T = TypeVar("T")


def happens(dice: np.random.Generator, likely: float) -> bool:
    """Return True as often as *likely*, 0 to 1, says."""
    return bool(dice.random() < likely)


def one_of(dice: np.random.Generator, weights: Mapping[T, float]) -> T:
    """Return one of the keys, in proportion to its weight."""
    reached = bisect(list(accumulate(weights.values())), dice.random() * sum(weights.values()))
    return tuple(weights)[min(reached, len(weights) - 1)]


def about(dice: np.random.Generator, value: float, spread: float) -> float:
    """Return a number within *spread* (a fraction) of *value*."""
    return value * dice.uniform(1.0 - spread, 1.0 + spread)


def either(dice: np.random.Generator) -> int:
    """Return -1 or 1."""
    return int(dice.integers(2)) * 2 - 1
