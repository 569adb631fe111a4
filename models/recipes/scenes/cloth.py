"""Cloth: stripes, checks, prints and the unevenness of what people wear."""

from dataclasses import dataclass

import numpy as np

from recipes.chance import happens
from recipes.scenes.arrays import Array, Rng
from recipes.scenes.canvas import NUMBERS, Canvas, speckle, tag

FEWEST = 5
"""A smaller piece shows no pattern."""


@dataclass(frozen=True)
class Cloth:
    """What is woven."""

    pattern: str
    """plain, stripes, checks or patch."""
    material: int
    """Of the canvas' tags: what bears the pattern."""


def textured(rng: Rng, canvas: Canvas, number: int, extent: Array, cloth: Cloth) -> None:
    """Vary the brightness of object *number*, which lies inside *extent*, and weave its *cloth*."""
    left, top = np.maximum(extent[:2], 0).astype(int)
    right, bottom = np.minimum(extent[2:], (canvas.width, canvas.height)).astype(int)
    height, width = bottom - top, right - left
    if min(height, width) < FEWEST:
        return
    inside = slice(top, bottom), slice(left, right)
    tags = canvas.tags[inside]
    factor = np.ones((height, width, 1), np.float32)
    if happens(rng, 0.8):
        factor += speckle(rng, (width, height), int(rng.integers(4, 30)), 1) * np.float32(
            rng.uniform(0.1, 0.7)
        )
    figure = _figure(rng, cloth.pattern, height, width)
    if figure is not None:
        factor[(tags == tag(number, cloth.material)) & figure] *= rng.uniform(0.45, 0.8)
    factor[(tags & NUMBERS) != number] = 1.0
    pixels = canvas.pixels[inside]
    np.copyto(pixels, np.minimum(pixels * factor, 255), casting="unsafe")


def _figure(rng: Rng, pattern: str, height: int, width: int) -> Array | None:
    """Return where the pattern is drawn."""
    rows, columns = np.arange(height)[:, None], np.arange(width)[None]
    period = max(4.0, rng.uniform(0.04, 0.14) * height)
    if pattern == "plain":
        return None
    if pattern == "patch":
        return np.abs(rows - height * 0.33) + np.abs(columns - width / 2) < height * rng.uniform(
            0.05, 0.1
        )
    across = (rows + columns * rng.uniform(-0.2, 0.2)) % period < period * rng.uniform(0.3, 0.6)
    if pattern == "stripes" and happens(rng, 0.6):
        return across
    along = columns % period < period * rng.uniform(0.3, 0.6)
    return along & np.ones_like(rows, bool) if pattern == "stripes" else across ^ along
