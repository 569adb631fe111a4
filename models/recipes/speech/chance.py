"""Chance, by dice that were seeded."""

import numpy as np


def happens(likely: float, dice: np.random.Generator) -> bool:
    """Return whether something that is that likely happens this time."""
    return bool(dice.random() < likely)
