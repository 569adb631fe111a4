"""Batches for the pose network: scenes framed, partly covered and exposed anew each time."""

from collections.abc import Iterator

import numpy as np

from recipes.scenes import MIRRORED
from recipes.scenes.arrays import Array, Rng
from recipes.vision.framing import Range, framed, framing, moved
from recipes.vision.photography import exposed
from recipes.vision.training import Batch, shuffled

REFRAMED = 0.5
FRAMINGS = Range(size=(0.85, 1.25), aspect=0.1, shift=0.08, turn=8.0)
COVERED = 0.05
"""Share of pictures on which a patch covers something: joints must be guessed from the others."""
PATCH = (0.08, 0.25)


def batches(rng: Rng, pictures: Array, keypoints: Array, size: int) -> Iterator[Batch]:
    """Yield pictures float32 [size, side, side, 3] and keypoints [size, 17, 3].

    Args:
        rng: draws framings, patches and exposures.
        pictures: uint8 [n, side, side, 3].
        keypoints: float32 [n, 17, 3]: y, x and 1 where the joint is inside the frame.
        size: pictures per batch.
    """
    for places in shuffled(rng, len(pictures), size):
        seen = [_seen(rng, pictures[place], keypoints[place]) for place in places]
        shown = exposed(rng, np.stack([picture for picture, _ in seen]))
        yield shown, np.stack([joints for _, joints in seen]).astype(np.float32)


def mirrored(keypoints: Array) -> Array:
    """Return *keypoints* of the mirrored person: their left is the right."""
    turned = keypoints[list(MIRRORED)].copy()
    turned[:, 1] = 1.0 - turned[:, 1]
    return turned


def reframed(keypoints: Array, by: Array) -> Array:
    """Return *keypoints* in the frame that map *by* leads to; joints out of it are not inside."""
    places = moved(keypoints[:, 1::-1], by)[:, ::-1]
    inside = ((places >= 0.0) & (places < 1.0)).all(1) & (keypoints[:, 2] > 0)
    return np.column_stack([places, inside]).astype(np.float32)


def _seen(rng: Rng, picture: Array, keypoints: Array) -> tuple[Array, Array]:
    if rng.random() < 0.5:  # noqa: PLR2004 every second one is mirrored
        picture, keypoints = picture[:, ::-1], mirrored(keypoints)
    if rng.random() < REFRAMED:
        by = framing(rng, FRAMINGS)
        picture, keypoints = framed(rng, picture, by), reframed(keypoints, by)
    if rng.random() < COVERED:
        picture = _covered(rng, picture)
    return picture, keypoints


def _covered(rng: Rng, picture: Array) -> Array:
    side = picture.shape[0]
    height, width = (rng.uniform(*PATCH, 2) * side).astype(int)
    top, left = rng.integers(side - height), rng.integers(side - width)
    picture = picture.copy()
    picture[top : top + height, left : left + width] = rng.integers(0, 256, 3)
    return picture
