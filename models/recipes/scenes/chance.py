"""Drawing lots: what every part of a scene asks of its generator."""

from collections.abc import Mapping
from typing import TypeVar

import numpy as np

T = TypeVar("T")


def happens(rng: np.random.Generator, probability: float) -> bool:
    """Return True as often as *probability* says."""
    return bool(rng.random() < probability)


def one_of(rng: np.random.Generator, weights: Mapping[T, float]) -> T:
    """Return one of the keys, in proportion to its weight."""
    reached = rng.random() * sum(weights.values())
    for key, weight in weights.items():
        reached -= weight
        if reached < 0:
            break
    return key


def about(rng: np.random.Generator, value: float, spread: float) -> float:
    """Return a number within *spread* (a fraction) of *value*."""
    return value * rng.uniform(1.0 - spread, 1.0 + spread)


def either(rng: np.random.Generator) -> int:
    """Return -1 or 1."""
    return int(rng.integers(2)) * 2 - 1
