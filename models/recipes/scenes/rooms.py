"""Rooms: everything stands where it can stand, in light as cameras like it.

Most scenes throw things together, so that nothing can be told from its place. Nodes hang in rooms:
there the floor ends at a wall, pictures hang on it, and what stands nearer is larger and in front.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TypeAlias

import numpy as np

from recipes.chance import either, happens, one_of
from recipes.scenes import camera, colours, lookalikes, view
from recipes.scenes.arrays import Rng
from recipes.scenes.backdrop import walls
from recipes.scenes.canvas import Canvas
from recipes.scenes.ledger import Ledger
from recipes.scenes.stage import Stage

FURNITURE = {0: 0.3, 1: 0.4, 2: 0.3}
PICTURES = {0: 0.3, 1: 0.3, 2: 0.25, 3: 0.15}
TABLE_M = 0.75
SIZES_M = {"ball": (0.18, 0.6), "bottle": (0.25, 0.65), "box": (0.25, 0.8)}
"""Heights of things; bottles are larger than life, as everything to be found has to be."""
FARTHEST, NEAREST = 0.3, 1.1
"""How tall a grown person would be, in heights of the frame, where the farthest thing stands."""


Deed: TypeAlias = tuple[float, Callable[[], None]]
"""How tall a grown person would be where it happens, and what draws it."""


def room(rng: Rng, size: int, aspects: Mapping[float, float]) -> tuple[Stage, float]:
    """Return a room without anybody, and how tall a grown person would be at its wall."""
    fitted = camera.fit(rng, size, aspects)
    ground = view.ground(rng)
    far = rng.uniform(0.15, FARTHEST)
    row = float(np.clip(ground.row_of(far), 0.2, 0.9))
    width, height = fitted.canvas
    canvas = Canvas(walls(rng, (width // 2, height // 2), row), fitted.canvas)
    canvas.light = float(either(rng))
    for _ in range(one_of(rng, PICTURES)):
        at = np.array((rng.uniform(0.05, 0.95) * width, rng.uniform(0.0, 0.8) * row * height))
        lookalikes.draw_frame(rng, canvas, at, rng.uniform(0.1, 0.5) * height)
    sun = np.array((canvas.light * -rng.uniform(0.1, 1.2), rng.normal() * 0.6))
    shade = rng.uniform(0.1, 0.5) if happens(rng, 0.8) else 0.0
    return Stage(rng, fitted, canvas, Ledger(canvas), ground, sun, shade), far


def furnish(stage: Stage, far: float, people: list[Deed], things: list[str]) -> None:
    """Put *people*, *things* and furniture into a room whose wall is *far*, far ones first."""
    rng = stage.rng
    deeds = list(people)
    for _ in range(one_of(rng, FURNITURE)):
        near = rng.uniform(far, 0.9)
        deeds.append((near, partial(_furniture, stage, near)))
    for label in things:
        near = rng.uniform(far, NEAREST)
        on = _on_table if happens(rng, 0.35) else _on_floor
        deeds.append((near, partial(on, stage, near, label)))
    for _, draw in sorted(deeds, key=lambda deed: deed[0]):
        draw()


def _table(stage: Stage, near: float) -> tuple[float, float, float]:
    """Draw a table where a person would be *near* tall; return its top's middle and half width."""
    rng, canvas = stage.rng, stage.canvas
    row = stage.row_of(near)
    x, high = rng.uniform(0.0, 1.0) * canvas.width, near * canvas.height / view.MAN_M * TABLE_M
    top, half = row * canvas.height - high, high / 1.3 * rng.uniform(0.8, 1.3)
    lookalikes.draw_table(canvas, np.array((x, top)), half, colours.furniture(rng))
    return x, top - 0.1 * half, half


def _furniture(stage: Stage, near: float) -> None:
    if happens(stage.rng, 0.5):
        _table(stage, near)
    else:
        _cupboard(stage, near)


def _cupboard(stage: Stage, near: float) -> None:
    rng, canvas = stage.rng, stage.canvas
    size = near * canvas.height * rng.uniform(0.3, 0.7)
    at = np.array((rng.random() * canvas.width, stage.row_of(near) * canvas.height - size * 0.5))
    lookalikes.draw_cupboard(rng, canvas, at, size)


def _on_table(stage: Stage, near: float, label: str) -> None:
    x, top, half = _table(stage, near)
    x += stage.rng.uniform(-0.7, 0.7) * half
    stage.stand(label, np.array((x, top)), _size(stage, near, label))


def _on_floor(stage: Stage, near: float, label: str) -> None:
    x = stage.rng.uniform(0.03, 0.97) * stage.canvas.width
    foot = np.array((x, stage.row_of(near) * stage.canvas.height))
    stage.stand(label, foot, _size(stage, near, label))


def _size(stage: Stage, near: float, label: str) -> float:
    metres = stage.rng.uniform(*SIZES_M[label])
    return float(near * stage.canvas.height / view.MAN_M * metres)
