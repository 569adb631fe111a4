"""Drawing lots: what every part of a scene asks of its generator."""

from bisect import bisect
from collections.abc import Mapping
from itertools import accumulate
from typing import TypeVar

from recipes.scenes.arrays import Rng

T = TypeVar("T")


def happens(rng: Rng, probability: float) -> bool:
    """Return True as often as *probability* says."""
    return bool(rng.random() < probability)


def one_of(rng: Rng, weights: Mapping[T, float]) -> T:
    """Return one of the keys, in proportion to its weight."""
    reached = bisect(list(accumulate(weights.values())), rng.random() * sum(weights.values()))
    return tuple(weights)[min(reached, len(weights) - 1)]


def about(rng: Rng, value: float, spread: float) -> float:
    """Return a number within *spread* (a fraction) of *value*."""
    return value * rng.uniform(1.0 - spread, 1.0 + spread)


def either(rng: Rng) -> int:
    """Return -1 or 1."""
    return int(rng.integers(2)) * 2 - 1
