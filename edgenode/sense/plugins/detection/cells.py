"""The cells of a detector: the places of its grids, each of which may see one thing."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgenode import plugin

Floats = NDArray[np.float32]
Places = NDArray[np.intp]

STEPS = (4, 8, 16, 32, 64)
"""Pixels from cell to cell in the grids that detectors have."""
USUAL = (8, 16, 32)
RUNS = (USUAL, *(STEPS[a:b] for a in range(len(STEPS)) for b in range(len(STEPS), a, -1)))

MAX_DETECTIONS = 100
"""Most things per frame, as in COCO's evaluation."""
MAX_CANDIDATES = 1000
"""Only so many of the best boxes are compared, and those with the same score as the last one."""

LARGEST_FRACTION = 2.0
"""Boxes with a larger number are in pixels: no fraction is so large, and no useful box so small."""


def picture(model: plugin.Model) -> tuple[int, int]:
    """Return height and width of the model's input in pixels."""
    height, width = model.input.shape[1:3]
    return height, width


def count(size: tuple[int, int], steps: tuple[int, ...] = USUAL) -> int:
    """Return how many cells the grids with these steps have on an input of that height, width."""
    return sum(math.prod(_grid(size, step)) for step in steps)


def steps_of(size: tuple[int, int], cells: int) -> tuple[int, ...]:
    """Return the steps of the neighbouring grids that have so many cells together; empty: none."""
    return next((run for run in RUNS if count(size, run) == cells), ())


def centres(size: tuple[int, int], steps: tuple[int, ...]) -> tuple[Floats, Floats]:
    """Return the centre of each cell, [n, 2] of x and y in pixels, and its step, [n, 1]."""
    places, sizes = [], []
    for step in steps:
        rows, columns = _grid(size, step)
        y, x = np.mgrid[:rows, :columns].reshape(2, -1)
        places.append((np.stack((x, y), axis=1) + 0.5) * step)
        sizes.append(np.full((rows * columns, 1), step))
    return np.concatenate(places).astype(np.float32), np.concatenate(sizes).astype(np.float32)


def candidates(best: NDArray[Any], least: float) -> Places:
    """Return the indices of the cells whose *best* score is at least *least*, both raw."""
    places: Places = np.flatnonzero(best >= least)
    if len(places) <= MAX_CANDIDATES:
        return places
    scores = best[places]
    last: np.integer[Any] | np.floating[Any] = np.partition(scores, -MAX_CANDIDATES)[
        -MAX_CANDIDATES
    ]
    return places[scores >= last]


def lowest_raw(spec: plugin.TensorSpec, score: float) -> float:
    """Return the lowest raw number that stands for at least *score*, and for more than 0."""
    if spec.scale == 0.0:
        return max(score, math.ulp(0.0))
    return spec.zero_point + max(math.floor(score / spec.scale), 1)


def _grid(size: tuple[int, int], step: int) -> tuple[int, int]:
    """Return the rows and columns of one grid; the last ones may reach beyond the input."""
    return -(-size[0] // step), -(-size[1] // step)
