"""Backdrops: walls, rooms, fields and plain confusion."""

import cv2
import numpy as np

from recipes.chance import happens, one_of
from recipes.scenes import colours
from recipes.scenes.arrays import Array, Colour, Rng
from recipes.scenes.canvas import speckle

KINDS = {
    "gradient": 0.24,
    "room": 0.36,
    "field": 0.1,
    "stripes": 0.1,
    "bricks": 0.06,
    "plain": 0.14,
}


def backdrop(rng: Rng, size: tuple[int, int], horizon: float | None = None) -> Array:
    """Return RGB uint8 of *size* (width, height) without anybody.

    Args:
        rng: the scene's generator.
        size: width and height in pixels.
        horizon: row of the ground's horizon in heights, for a room or a field that fits it.
    """
    width, height = size
    picture = np.empty((height, width, 3), np.float32)
    picture[:] = colours.any_colour(rng)
    kind = one_of(rng, KINDS)
    if horizon is not None and happens(rng, 0.6):
        kind = "room" if happens(rng, 0.7) else "field"
    if kind in ("room", "field"):
        _floor(rng, picture, kind, horizon)
    elif kind != "plain":
        {"gradient": _gradient, "stripes": _stripes, "bricks": _bricks}[kind](rng, picture)
    for cells in (rng.integers(2, 6), rng.integers(6, 24), rng.integers(24, 100)):
        if happens(rng, 0.65):
            depth = 1 if happens(rng, 0.6) else 3
            picture += speckle(rng, size, int(cells), depth) * rng.uniform(8, 70)
    shown = np.clip(picture, 0, 255).astype(np.uint8)
    for _ in range(rng.choice((0, 0, 2, 5, 10))):
        _shard(rng, shown)
    return shown


def walls(rng: Rng, size: tuple[int, int], meets: float) -> Array:
    """Return RGB uint8 of *size*: a wall, calm, and a floor that begins at row *meets*, 0..1."""
    width, height = size
    row = int(height * meets)
    picture = np.empty((height, width, 3), np.float32)
    picture[:row] = colours.any_colour(rng, rng.uniform(0.0, 0.35))
    floor = colours.furniture(rng)
    picture[row:] = floor
    picture[:row] += np.linspace(rng.uniform(-25, 25), 0, row)[:, None, None]
    picture[row:] += np.linspace(-20, 10, height - row)[:, None, None] * rng.uniform(0, 1.5)
    if happens(rng, 0.5):
        picture[max(row - max(int(height * 0.03), 1), 0) : row] *= rng.uniform(0.5, 1.4)
    if happens(rng, 0.5):
        vanishing = (width * rng.uniform(0.2, 0.8), height * (meets - rng.uniform(0.1, 0.5)))
        _boards(rng, picture, row, vanishing, floor)
    for cells in (rng.integers(2, 6), rng.integers(24, 100)):
        picture += speckle(rng, size, int(cells), 1) * rng.uniform(0, 14)
    return np.clip(picture, 0, 255).astype(np.uint8)


def _gradient(rng: Rng, picture: Array) -> None:
    height, width = picture.shape[:2]
    rows, columns = (
        np.linspace(0, 1, height)[:, None, None],
        np.linspace(0, 1, width)[None, :, None],
    )
    part = rng.random()
    picture += (colours.any_colour(rng) - picture[0, 0]) * (rows * part + columns * (1 - part))


def _floor(rng: Rng, picture: Array, kind: str, horizon: float | None) -> None:
    """Paint a floor below a wall, or a meadow below the sky."""
    height, width = picture.shape[:2]
    vanishing = rng.uniform(0.1, 0.6) if horizon is None else horizon
    lowest = 0.9 if horizon is None else 0.8
    meets = min(max(vanishing + (rng.uniform(0.05, 0.35) if kind == "room" else 0.0), 0.05), lowest)
    row = int(height * meets)
    floor = colours.any_colour(rng)
    if kind == "field":
        picture[:row] = colours.rgb(150, 185, 225) * rng.uniform(0.5, 1.1)
        floor = colours.rgb(95, 120, 60) * rng.uniform(0.5, 1.3, 3)
    picture[row:] = floor
    picture[row:] += np.linspace(-25, 10, height - row)[:, None, None] * rng.uniform(0, 2)
    if happens(rng, 0.5):
        picture[:row] += np.linspace(40, -20, row)[:, None, None]
    if kind == "room" and happens(rng, 0.4):
        picture[max(row - int(height * 0.03), 0) : row] *= rng.uniform(0.4, 1.5)
    if kind == "room" and happens(rng, 0.45):
        _boards(
            rng,
            picture,
            row,
            (width * rng.uniform(0.2, 0.8), height * min(vanishing, meets - 0.1)),
            floor,
        )


def _boards(
    rng: Rng, picture: Array, row: int, vanishing: tuple[float, float], floor: Colour
) -> None:
    """Draw the boards of a floor, which meet at the *vanishing* point."""
    height, width = picture.shape[:2]
    x, y = vanishing
    tone = tuple((floor * 0.75).tolist())
    for foot in np.linspace(-1.0, 2.0, rng.integers(6, 22)) * width:
        part = (row - y) / (height - y)
        cv2.line(picture, (int(x + (foot - x) * part), row), (int(foot), height), tone, 1)
    if happens(rng, 0.5):
        for depth in np.geomspace(0.06, 1.0, rng.integers(4, 9)):
            cv2.line(
                picture,
                (0, int(row + (height - row) * depth)),
                (width, int(row + (height - row) * depth)),
                tone,
                1,
            )


def _stripes(rng: Rng, picture: Array) -> None:
    height, width = picture.shape[:2]
    angle, period = rng.uniform(0, np.pi), rng.integers(4, 40)
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    along = columns * np.float32(np.cos(angle)) + rows * np.float32(np.sin(angle))
    picture[along % period < period * rng.uniform(0.2, 0.8)] = colours.any_colour(rng)


def _bricks(rng: Rng, picture: Array) -> None:
    height, width = picture.shape[:2]
    tall = int(rng.integers(5, 20))
    wide = tall * 2
    rows, columns = np.arange(height)[:, None], np.arange(width)[None]
    shifted = columns + (rows // tall % 2) * (wide // 2)
    picture[(rows % tall == 0) | (shifted % wide == 0)] = colours.any_colour(rng)


def _shard(rng: Rng, picture: Array) -> None:
    height, width = picture.shape[:2]
    corners, reach = rng.integers(3, 7), rng.uniform(0.03, 0.3) * height
    angles = np.sort(rng.uniform(0, 2 * np.pi, corners))
    spokes = np.stack((np.cos(angles), np.sin(angles)), 1) * rng.uniform(0.4, 1.2, (corners, 1))
    centre = rng.random(2) * (width, height)
    points = (centre + spokes * reach).astype(np.int32)
    cv2.fillPoly(picture, [points], colours.any_colour(rng).tolist())
