"""How the camera may have framed a scene: nearer, farther, turned, beside, mirrored.

A framing is an affine map; points and boxes take the same road as the pixels.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from recipes.scenes.arrays import Array, Rng

BLACK = (0, 0, 0)


@dataclass(frozen=True)
class Range:
    """How far framings may go: factors of size, fraction of the frame, degrees."""

    size: tuple[float, float] = (0.75, 1.3)
    aspect: float = 0.12
    shift: float = 0.12
    turn: float = 0.0


def framing(rng: Rng, within: Range) -> Array:
    """Return a random map [2, 3] of fractions of the frame to fractions of the new one."""
    size = np.exp(rng.uniform(*np.log(within.size)))
    aspect = np.exp(rng.uniform(-within.aspect, within.aspect))
    turn = np.radians(rng.uniform(-within.turn, within.turn))
    turned = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    scaled = turned * (size * np.array([aspect, 1.0 / aspect]))
    shift = rng.uniform(-within.shift, within.shift, 2)
    return np.column_stack([scaled, 0.5 + shift - scaled @ (0.5, 0.5)])


def framed(rng: Rng, picture: Array, by: Array) -> Array:
    """Return *picture* as seen by map *by*; beyond its edges it is black, or any colour."""
    side = picture.shape[0]
    pixels = by.copy()
    pixels[:, 2] = pixels[:, 2] * side + 0.5 * (pixels[:, :2].sum(1) - 1.0)
    beyond = BLACK if rng.random() < 0.5 else rng.integers(0, 256, 3).tolist()  # noqa: PLR2004 one in two
    return cv2.warpAffine(picture, pixels, (side, side), borderValue=beyond)


def moved(points: Array, by: Array) -> Array:
    """Return *points*, x and y in fractions of the frame, in the new frame."""
    return points @ by[:, :2].T + by[:, 2]
