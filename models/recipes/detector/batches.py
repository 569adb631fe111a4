"""Batches for the detector: scenes framed and exposed anew each time they are seen."""

from collections.abc import Iterator

import numpy as np

from recipes.scenes.arrays import Array, Rng
from recipes.vision.framing import Range, framed, framing, moved
from recipes.vision.photography import exposed
from recipes.vision.training import Batch, shuffled

REFRAMED = 0.4
"""Share of pictures that are seen from nearer, farther or beside; the rest as rendered."""
FRAMINGS = Range(size=(0.8, 1.3), aspect=0.12, shift=0.1)
SEEN = 0.4
"""Least part of a box inside the new frame for it to stay one."""
SMALLEST = 0.02
MIRROR = np.array([[-1.0, 0.0, 1.0], [0.0, 1.0, 0.0]])


def batches(rng: Rng, pictures: Array, objects: Array, size: int) -> Iterator[Batch]:
    """Yield pictures float32 [size, side, side, 3], boxes [size, m, 4] and labels [size, m].

    Args:
        rng: draws framings and exposures.
        pictures: uint8 [n, side, side, 3].
        objects: float32 [n, m, 5]: label or -1, then left, top, right, bottom in fractions.
        size: pictures per batch.
    """
    for places in shuffled(rng, len(pictures), size):
        seen = [_seen(rng, pictures[place], objects[place]) for place in places]
        shown = exposed(rng, np.stack([picture for picture, _ in seen]))
        truth = np.stack([boxes for _, boxes in seen])
        yield shown, centred(truth[..., 1:]), truth[..., 0].astype(np.int32)


def centred(corners: Array) -> Array:
    """Return left, top, right, bottom as centre x, centre y, width, height; float32."""
    low, high = corners[..., :2], corners[..., 2:]
    return np.concatenate([(low + high) / 2, high - low], -1).astype(np.float32)


def _seen(rng: Rng, picture: Array, objects: Array) -> tuple[Array, Array]:
    if rng.random() < 0.5:  # noqa: PLR2004 every second one is mirrored
        picture, objects = picture[:, ::-1], reframed(objects, MIRROR)
    if rng.random() < REFRAMED:
        by = framing(rng, FRAMINGS)
        picture, objects = framed(rng, picture, by), reframed(objects, by)
    return picture, objects


def reframed(objects: Array, by: Array) -> Array:
    """Return *objects* [m, 5] in the frame that map *by* leads to; those out of it have label -1.

    The map must not turn: boxes stay boxes.
    """
    corners = moved(objects[:, 1:].reshape(-1, 2), by).reshape(-1, 2, 2)
    whole_low, whole_high = corners.min(1), corners.max(1)
    low, high = np.clip(whole_low, 0.0, 1.0), np.clip(whole_high, 0.0, 1.0)
    left = (high - low).prod(1) / np.maximum((whole_high - whole_low).prod(1), 1e-9)
    stays = (objects[:, 0] >= 0) & (left >= SEEN) & ((high - low).max(1) >= SMALLEST)
    labels = np.where(stays, objects[:, 0], -1)
    return np.column_stack([labels, low, high]).astype(np.float32)
