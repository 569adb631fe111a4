"""Things to be found: balls, bottles and boxes."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from recipes.chance import about, either, happens
from recipes.scenes import colours
from recipes.scenes.arrays import Array, Colour, Rng
from recipes.scenes.canvas import Canvas
from recipes.scenes.colours import CARDBOARD

SMALLEST_PATTERN = 7.0
"""Radius in pixels below which a ball shows no seams."""


@dataclass(frozen=True)
class Place:
    """Where a thing is, in pixels."""

    x: float
    y: float
    """Of its middle."""
    height: float
    turn: float = 0.0

    def turned(self, points: Array) -> Array:
        """Return *points*, in heights of the thing about its middle, in the picture."""
        sine, cosine = np.sin(self.turn), np.cos(self.turn)
        return points @ np.array(((cosine, sine), (-sine, cosine))) * self.height + (self.x, self.y)


def draw_ball(rng: Rng, canvas: Canvas, place: Place) -> Array:
    """Paint a ball, plain or with the seams of a sport; return its extent."""
    colour, radius = colours.ball(rng), place.height / 2
    centre = np.array((place.x, place.y))
    lit = np.array((canvas.light * rng.uniform(0.0, 0.4), -rng.uniform(0.1, 0.45)))
    for step, size in enumerate((1.0, 0.86, 0.7, 0.5, 0.28)):
        at = centre + lit * radius * (1 - size)
        canvas.circle(at, radius * size, colour * (0.55 + 0.14 * step))
    if radius > SMALLEST_PATTERN and happens(rng, 0.6):
        ink = colour * 0.25 if happens(rng, 0.6) else colours.any_colour(rng)
        draw = (_seams, _patches, _band)[rng.integers(3)]
        draw(canvas, centre, radius, (ink, place.turn))
    return np.concatenate((centre - radius, centre + radius))


def draw_bottle(rng: Rng, canvas: Canvas, place: Place) -> Array:
    """Paint a bottle of glass or plastic, perhaps with a label; return its extent."""
    colour, cap = colours.any_colour(rng), colours.any_colour(rng)
    half, neck, shoulder = rng.uniform(0.12, 0.2), rng.uniform(0.28, 0.5), rng.uniform(0.24, 0.45)
    behind = canvas.pixels.copy() if happens(rng, 0.4) else None
    outline = _bottle_outline(half, half * neck, shoulder)
    whole = place.turned(outline)
    for size, shift, shade in ((1.0, 0.0, 0.65), (0.76, 0.04, 1.0)):
        canvas.polygon(place.turned(outline * (size, 1) + (shift * half, 0)), colour * shade)
    gleam = outline * (0.2, 0.96) + (canvas.light * half * 0.4, 0.01)
    canvas.polygon(place.turned(gleam), np.minimum(colour * 1.5 + 25, 255))
    if behind is not None:
        _let_through(canvas, behind, whole, rng.uniform(0.25, 0.5))
    narrow = half * neck * 1.15
    top = place.turned(_rectangle(-narrow, -0.5, narrow, -0.42))
    canvas.polygon(top, cap)
    if happens(rng, 0.65):
        begin = rng.uniform(-0.05, 0.15)
        _label(rng, canvas, place, (half, begin, min(begin + rng.uniform(0.14, 0.35), 0.46)))
    return _round(np.concatenate((whole, top)))


def draw_box(rng: Rng, canvas: Canvas, place: Place) -> Array:
    """Paint a box of cardboard, wood or plastic, three sides of it; return its extent."""
    plain = happens(rng, 0.6)
    colour = np.array(CARDBOARD) * about(rng, 0.88, 0.3) if plain else colours.any_colour(rng)
    wide = rng.uniform(0.5, 1.0) / 0.8
    x, y = either(rng) * wide * rng.uniform(0.1, 0.7), -rng.uniform(0.05, 0.45)
    shift, inner = np.array((x, y)), 1.0 / (2 - y)
    shades = rng.permutation((0.6, 0.85, 1.1))
    front = _rectangle(-wide, -1, wide, 1)
    edge = front[1:3] if x > 0 else front[[0, 3]]
    lid = np.array((front[0], front[1], front[1] + shift, front[0] + shift))
    flank = np.array((edge[0], edge[0] + shift, edge[1] + shift, edge[1]))

    def fill(points: Array, tone: Colour) -> None:
        canvas.polygon(place.turned((points - (x / 2, y / 2)) * inner), tone)

    for face, shade in zip((front, lid, flank), shades, strict=True):
        fill(face, colour * shade)
    if happens(rng, 0.6):
        half, tape = wide * rng.uniform(0.06, 0.15), colour * 1.25
        strip = np.array(((-half, -1.0), (half, -1.0)))
        fill(np.concatenate((strip, strip[::-1] + shift)), tape)
        fill(_rectangle(-half, -1, half, rng.uniform(-0.7, -0.3)), tape * 0.9)
    if happens(rng, 0.4):
        fill(_rectangle(-wide * 0.7, 0.1, -wide * 0.1, 0.7), colours.any_colour(rng))
    corners = np.concatenate((front, lid, flank))
    return _round(place.turned((corners - (x / 2, y / 2)) * inner))


DRAW: dict[str, Callable[[Rng, Canvas, Place], Array]] = {
    "ball": draw_ball,
    "bottle": draw_bottle,
    "box": draw_box,
}
"""By label: paints one, and returns its left, top, right and bottom in pixels."""


def _seams(canvas: Canvas, centre: Array, radius: float, look: tuple[Colour, float]) -> None:
    ink, turn = look
    angles = np.linspace(0, np.pi, 9)
    for quarter in (0.0, np.pi / 2):
        sine, cosine = np.sin(turn + quarter), np.cos(turn + quarter)
        arc = np.stack((np.cos(angles) * 0.97, np.sin(angles) * 0.3), 1)
        arc = arc @ np.array(((cosine, sine), (-sine, cosine))) * radius + centre
        for begin, end in pairwise(arc):
            canvas.line(begin, end, radius * 0.08, ink)


def _patches(canvas: Canvas, centre: Array, radius: float, look: tuple[Colour, float]) -> None:
    ink, turn = look
    canvas.circle(centre, radius * 0.24, ink)
    for angle in turn + np.arange(5) * 2 * np.pi / 5:
        at = centre + np.array((np.cos(angle), np.sin(angle))) * radius * 0.66
        canvas.circle(at, radius * 0.2, ink)


def _band(canvas: Canvas, centre: Array, radius: float, look: tuple[Colour, float]) -> None:
    ink, turn = look
    canvas.ellipse(centre, (radius * 0.98, radius * 0.22), turn, ink)


def _bottle_outline(half: float, neck: float, shoulder: float) -> Array:
    right = np.array(
        (
            (half, 0.5),
            (half, shoulder - 0.5),
            (half * 0.8, shoulder - 0.56),
            (neck, -0.3),
            (neck, -0.45),
        )
    )
    right[1:3, 1] = np.maximum(right[1:3, 1], (-0.26, -0.29))
    return np.concatenate((right, right[::-1] * (-1, 1)))


def _label(rng: Rng, canvas: Canvas, place: Place, at: tuple[float, float, float]) -> None:
    half, top, bottom = at
    colour = colours.any_colour(rng)
    for size, shade in ((1.0, 0.8), (0.72, 1.0)):
        canvas.polygon(
            place.turned(_rectangle(-half * size, top, half * size, bottom)), colour * shade
        )


def _let_through(canvas: Canvas, behind: Array, outline: Array, part: float) -> None:
    """Let *part* of what is behind shine through inside the outline's box."""
    left, top = np.maximum(np.floor(outline.min(0)), 0).astype(int)
    right, bottom = np.ceil(outline.max(0)).astype(int)
    inside = slice(top, bottom), slice(left, right)
    pixels = canvas.pixels[inside]
    mixed = pixels * (1 - part) + behind[inside] * part
    np.copyto(pixels, mixed, casting="unsafe")


def _rectangle(left: float, top: float, right: float, bottom: float) -> Array:
    return np.array(((left, top), (right, top), (right, bottom), (left, bottom)))


def _round(points: Array) -> Array:
    return np.concatenate((points.min(0), points.max(0)))
