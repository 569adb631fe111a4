"""Look-alikes: furniture, plants and parts without a person, which nobody is asked to find."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from recipes.chance import either, happens
from recipes.scenes import colours
from recipes.scenes.arrays import Array, Colour, Pair, Rng
from recipes.scenes.canvas import Canvas, moved
from recipes.scenes.colours import rgb


def draw_lookalike(rng: Rng, canvas: Canvas) -> None:
    """Paint something anywhere that is neither a person nor a ball, a bottle or a box."""
    canvas.begin(0)
    at = np.array((rng.random() * canvas.width, rng.random() * canvas.height))
    draw = LOOKALIKES[rng.integers(len(LOOKALIKES))]
    draw(rng, canvas, at, rng.uniform(0.1, 0.6) * canvas.height)


def draw_chair(canvas: Canvas, seat: Pair, size: float, colour: Colour) -> None:
    """Paint a stool whose seat's middle is at *seat*, *size* pixels high."""
    canvas.begin(0)
    half = size * 0.42
    _slab(canvas, seat, (half, size * 0.1), colour)
    for side in (-0.85, -0.3, 0.3, 0.85):
        leg = moved(seat, half * side, 0)
        canvas.capsule(
            leg, moved(leg, half * side * 0.2, size), (size * 0.05, size * 0.04), colour * 0.7
        )


def draw_table(canvas: Canvas, top: Array, half: float, colour: Colour) -> None:
    """Paint a table whose top's front edge has its middle at *top* and is 2 *half* wide."""
    canvas.begin(0)
    for side in (-0.92, 0.92):
        leg = moved(top, half * side, 0)
        canvas.capsule(leg, moved(leg, 0, half * 1.3), (half * 0.06, half * 0.05), colour * 0.7)
    back = half * 0.22
    far = moved(top, -half * 0.9, -back), moved(top, half * 0.9, -back)
    canvas.polygon((*far, moved(top, half, 0), moved(top, -half, 0)), colour)
    _slab(canvas, top, (half, half * 0.09), colour * 0.8)


def _slab(canvas: Canvas, top: Pair, size: tuple[float, float], colour: Colour) -> None:
    half, thick = size
    (x, y) = top
    canvas.polygon(
        ((x - half, y), (x + half, y), (x + half, y + thick), (x - half, y + thick)), colour
    )


def _pole(rng: Rng, canvas: Canvas, at: Array, size: float) -> None:
    foot = moved(at, rng.normal() * size * 0.1, size * 1.2)
    radii = (size * rng.uniform(0.02, 0.1), size * rng.uniform(0.02, 0.12))
    canvas.limb(moved(at, 0, -size), foot, radii, colours.any_colour(rng))


def _plant(rng: Rng, canvas: Canvas, at: Array, size: float) -> None:
    green = rgb(rng.uniform(10, 90), rng.uniform(60, 180), rng.uniform(10, 80))
    canvas.limb(
        at, moved(at, 0, size * 0.6), (size * 0.05, size * 0.06), colours.near(rng, colours.WOOD)
    )
    for angle in rng.uniform(-2.2, 2.2, rng.integers(4, 14)):
        tip = at + np.array((np.sin(angle), -np.cos(angle))) * size * rng.uniform(0.2, 0.7)
        radii = (size * 0.03, size * rng.uniform(0.02, 0.12))
        canvas.capsule(at, tip, radii, green * rng.uniform(0.6, 1.3))


def _table(rng: Rng, canvas: Canvas, at: Array, size: float) -> None:
    draw_table(canvas, at, size * rng.uniform(0.5, 1.1), colours.furniture(rng))


def _chair(rng: Rng, canvas: Canvas, at: Array, size: float) -> None:
    colour = colours.any_colour(rng)
    draw_chair(canvas, at, size * 0.6, colour)
    if happens(rng, 0.7):
        left, low = moved(at, -size * 0.25, 0)
        top = low - size * rng.uniform(0.4, 0.8)
        right = left + size * rng.uniform(0.06, 0.5)
        canvas.polygon(((left, top), (right, top), (right, low), (left, low)), colour * 0.85)


def draw_frame(rng: Rng, canvas: Canvas, at: Array, size: float) -> None:
    """Paint a window, a door, a poster or a small picture on the wall: flat, and no box."""
    size *= rng.uniform(0.25, 1.0)
    half = np.array((rng.uniform(0.3, 0.9), rng.uniform(0.4, 1.2))) * size
    rim = rng.uniform(0.72, 0.92)
    for part in (1.0, rim):
        canvas.polygon(_corners(at, half * part), colours.furniture(rng))
    if happens(rng, 0.4):
        bar = size * rng.uniform(0.03, 0.08)
        for way in (np.array((0.0, 1.0)), np.array((1.0, 0.0)))[: rng.integers(1, 3)]:
            canvas.line(at - half * rim * way, at + half * rim * way, bar, colours.furniture(rng))


def draw_cupboard(rng: Rng, canvas: Canvas, at: Array, size: float) -> None:
    """Paint a cupboard, a shelf or a counter seen from the front: doors, and no box."""
    half = np.array((rng.uniform(0.3, 1.0), rng.uniform(0.3, 0.9))) * size
    colour = colours.furniture(rng)
    canvas.polygon(_corners(at, half), colour)
    doors = int(rng.integers(1, 4))
    door = half * np.array((0.92 / doors, 0.9))
    for number in range(doors):
        middle = moved(at, half[0] * ((2 * number + 1) / doors - 1), 0)
        canvas.polygon(_corners(middle, door), colour * rng.uniform(0.7, 1.2))
        canvas.circle(moved(middle, door[0] * 0.75, 0), size * 0.025, colours.DARK)


def _corners(middle: Pair, half: Array) -> Array:
    corners: Array = middle + np.array(((-1, -1), (1, -1), (1, 1), (-1, 1))) * half
    return corners


def _lamp(rng: Rng, canvas: Canvas, at: Array, size: float) -> None:
    colour = colours.any_colour(rng)
    canvas.limb(at, moved(at, 0, size * 1.2), (size * 0.03, size * 0.03), colour * 0.7)
    shade = np.array(((-0.15, -0.3), (0.15, -0.3), (0.3, 0.05), (-0.3, 0.05)))
    canvas.polygon(at + shade * size, colour)


def _sticks(rng: Rng, canvas: Canvas, at: Array, size: float) -> None:
    """Paint parts like those of a body, in no order."""
    for angle in rng.uniform(0, 2 * np.pi, rng.integers(2, 6)):
        begin = at + rng.normal(size=2) * size * 0.3
        end = begin + np.array((np.cos(angle), np.sin(angle))) * size * rng.uniform(0.2, 0.8)
        canvas.limb(begin, end, size * rng.uniform(0.02, 0.1, 2), colours.any_colour(rng))


def _sofa(rng: Rng, canvas: Canvas, at: Array, size: float) -> None:
    colour, half = colours.any_colour(rng), size * rng.uniform(0.6, 1.2)
    for row, thick, shade in ((0.0, 0.25, 1.0), (0.2, 0.2, 0.7)):
        middle = moved(at, 0, size * row)
        ends = moved(middle, -half, 0), moved(middle, half, 0)
        canvas.capsule(*ends, (size * thick, size * thick), colour * shade)
    for side in (-0.7, 0.7):
        canvas.ellipse(
            moved(at, half * side, size * 0.45), (size * 0.12, size * 0.05), 0, colours.DARK
        )


def _coat(rng: Rng, canvas: Canvas, at: Array, size: float) -> None:
    """Paint a coat on its stand: sleeves and no hands, a collar and no head."""
    colour = colours.any_colour(rng)
    wood = colours.near(rng, colours.WOOD)
    canvas.limb(moved(at, 0, -size * 0.2), moved(at, 0, size), (size * 0.02, size * 0.02), wood)
    for side in (-1, 1):
        shoulder = moved(at, side * size * 0.12, 0)
        cuff = moved(shoulder, side * size * 0.06, size * 0.45)
        canvas.limb(shoulder, cuff, (size * 0.05, size * 0.045), colour)
    trunk = np.array(((-0.13, 0), (0.13, 0), (0.16, 0.6), (-0.16, 0.6)))
    for part, shade in ((1.0, 0.75), (0.75, 1.0)):
        canvas.polygon(at + trunk * (part, 1) * size, colour * shade)


def _ring(rng: Rng, canvas: Canvas, at: Array, size: float) -> None:
    """Paint a wheel or a hoop: round, and no ball."""
    colour, radius = colours.any_colour(rng), size * 0.4
    angles = np.linspace(0, 2 * np.pi, 17)
    rim = at + np.stack((np.cos(angles) * rng.uniform(0.4, 1.0), np.sin(angles)), 1) * radius
    for begin, end in pairwise(rim):
        canvas.line(begin, end, radius * 0.2, colour)
    if happens(rng, 0.5):
        for spoke in rim[:-1:4]:
            canvas.line(at, spoke, radius * 0.07, colour * 0.8)


def _mug(rng: Rng, canvas: Canvas, at: Array, size: float) -> None:
    """Paint a mug or a jar: upright, and no bottle."""
    colour, size = colours.any_colour(rng), size * 0.45
    half = size * rng.uniform(0.35, 0.5)
    handle = moved(at, either(rng) * half * 1.2, size * 0.5)
    canvas.circle(handle, half * 0.6, colour * 0.7)
    for part, shade in ((1.0, 0.7), (0.7, 1.0)):
        (left, top), (right, bottom) = moved(at, -half * part, 0), moved(at, half * part, size)
        canvas.polygon(((left, top), (right, top), (right, bottom), (left, bottom)), colour * shade)
    canvas.ellipse(at, (half, half * 0.25), 0, colour * 0.5)


LOOKALIKES: tuple[Callable[[Rng, Canvas, Array, float], None], ...] = (
    _pole, _plant, _table, _table, _chair, draw_frame, draw_frame, draw_cupboard, _lamp, _sticks,
    _sofa, _coat, _ring, _mug,
)  # fmt: skip
