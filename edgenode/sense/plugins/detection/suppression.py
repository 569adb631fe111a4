"""Non-maximum suppression: of several boxes around one thing, only the best one is kept."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Places = NDArray[np.intp]

MIN_AREA = np.float32(1e-9)
"""Keeps the division by the union from a division by zero."""


def suppress(
    edges: Floats, scores: Floats, class_ids: Places, *, iou: float, limit: int
) -> list[int]:
    """Return the indices of the boxes to keep, best first.

    The best box is kept, and the boxes of its class that overlap it by more than *iou*
    (intersection over union) are dropped; then the same for the best of the rest, and so on. The
    result does not depend on the order of the input: of equal scores the lower class id is better,
    then the upper box, then the left one.

    Args:
        edges: [n, 4]: top, left, bottom, right; finite, with an area.
        scores: [n], the higher the better, in any unit.
        class_ids: [n].
        iou: the largest overlap of two boxes that are still two things.
        limit: the largest number of boxes to keep.
    """
    # lexsort sorts by its last key first.
    order = np.lexsort((*edges.T[::-1], class_ids, -scores))
    corners, kinds = np.ascontiguousarray(edges[order].T), class_ids[order]
    left = np.ones(len(order), np.bool_)
    kept: list[int] = []
    while left.any() and len(kept) < limit:
        best = int(left.argmax())
        kept.append(int(order[best]))
        left[best] = False
        rest = slice(best + 1, None)
        alike = kinds[rest] == kinds[best]
        left[rest] &= ~(alike & (overlaps(corners[:, best], corners[:, rest]) > iou))
    return kept


def overlaps(one: Floats, others: Floats) -> Floats:
    """Return the intersection over union of box *one* [4] with each of *others* [4, n]."""
    sides = np.minimum(one[2:, np.newaxis], others[2:])
    sides -= np.maximum(one[:2, np.newaxis], others[:2])
    np.maximum(sides, np.float32(0.0), out=sides)
    shared: Floats = sides[0] * sides[1]
    union = _area(one) + _area(others) - shared
    shares: Floats = shared / np.maximum(union, MIN_AREA)
    return shares


def _area(edges: Floats) -> Floats:
    areas: Floats = (edges[2] - edges[0]) * (edges[3] - edges[1])
    return areas
