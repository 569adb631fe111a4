"""The cells of the detector's output: where each looks, and how far from there it can point."""

from dataclasses import dataclass

import numpy as np

from recipes.scenes.arrays import Array

STRIDES = (8, 16)
REACH = 1.5
"""How far from its middle a cell can put the centre of a box, in cells."""


@dataclass(frozen=True)
class Cells:
    """Both grids one after the other: *centres* [n, 2] x, y and *pitches* [n], in fractions."""

    centres: Array
    pitches: Array


def grid(count: int) -> Array:
    """Return the centres of *count* x *count* cells, row by row, [count * count, 2]: x, y."""
    steps = (np.arange(count, dtype=np.float32) + 0.5) / count
    return np.stack(np.meshgrid(steps, steps), -1).reshape(-1, 2)


def cells(side: int) -> Cells:
    """Return the cells of a network whose input is *side* pixels wide and high."""
    counts = [side // stride for stride in STRIDES]
    pitches = [np.full(count * count, 1.0 / count, np.float32) for count in counts]
    return Cells(np.concatenate([grid(count) for count in counts]), np.concatenate(pitches))
