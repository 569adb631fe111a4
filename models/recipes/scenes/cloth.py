"""Cloth: stripes, checks, prints and the unevenness of what people wear."""

import numpy as np

from recipes.scenes.canvas import Canvas, speckle
from recipes.scenes.chance import happens

FEWEST = 5
"""A smaller piece shows no pattern."""


def textured(rng: np.random.Generator, canvas: Canvas, number: int, pattern: str, material: int) -> None:
    """Vary the brightness of object *number*, and its *material* by a *pattern*."""
    tags = canvas.tags
    mine = (tags & 31) == number
    rows, columns = np.flatnonzero(mine.any(1)), np.flatnonzero(mine.any(0))
    if len(rows) < FEWEST or len(columns) < FEWEST:
        return
    inside = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    height, width = rows[-1] + 1 - rows[0], columns[-1] + 1 - columns[0]
    factor = np.ones((height, width, 1), np.float32)
    if happens(rng, 0.8):
        factor += speckle(rng, (width, height), int(rng.integers(4, 30)), 1) * rng.uniform(0.1, 0.7)
    figure = _figure(rng, pattern, height, width)
    if figure is not None:
        factor[(tags[inside] == (number | material << 5)) & figure] *= rng.uniform(0.45, 0.8)
    factor[~mine[inside]] = 1.0
    pixels = canvas.pixels[inside]
    np.copyto(pixels, np.clip(pixels * factor, 0, 255), casting="unsafe")


def _figure(rng: np.random.Generator, pattern: str, height: int, width: int) -> np.ndarray | None:
    """Return where the pattern is drawn."""
    rows, columns = np.arange(height)[:, None], np.arange(width)[None]
    period = max(4.0, rng.uniform(0.04, 0.14) * height)
    if pattern == "plain":
        return None
    if pattern == "patch":
        return np.abs(rows - height * 0.33) + np.abs(columns - width / 2) < height * rng.uniform(0.05, 0.1)
    across = (rows + columns * rng.uniform(-0.2, 0.2)) % period < period * rng.uniform(0.3, 0.6)
    if pattern == "stripes" and happens(rng, 0.6):
        return across
    along = columns % period < period * rng.uniform(0.3, 0.6)
    return along & np.ones_like(rows, bool) if pattern == "stripes" else across ^ along
