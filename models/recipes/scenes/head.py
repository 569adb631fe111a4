"""The head: face, hair, hat, from any side."""

import numpy as np

from recipes.scenes.arrays import Array
from recipes.scenes.canvas import Canvas, moved
from recipes.scenes.colours import DARK
from recipes.scenes.figure import Figure
from recipes.scenes.outfit import Outfit
from recipes.scenes.skeleton import CROWN, HEAD, NECK

WIDTH, HEIGHT = 0.054, 0.073
"""Half the width and half the height of a head, in heights of a person."""
AWAY, PROFILE = -0.3, 0.3
"""How far the face points to the camera: less than this, only hair is seen; both eyes are."""
LIPS = np.array((158.0, 82.0, 78.0))


def draw_head(canvas: Canvas, figure: Figure, outfit: Outfit) -> None:
    """Paint neck, head and hat."""
    _Head(canvas, figure, outfit).draw()


class _Head:
    def __init__(self, canvas: Canvas, figure: Figure, outfit: Outfit) -> None:
        self.canvas, self.figure, self.outfit = canvas, figure, outfit
        self.size = float(figure.size[HEAD]) * figure.build.head
        self.centre = figure.points[HEAD]
        upward = figure.points[CROWN] - self.centre
        length = float(np.hypot(*upward)) + 1e-6
        self.turn = float(np.arctan2(upward[0], -upward[1]))
        self.up = upward / length
        # A head seen from above is as long as it is deep, never flat.
        self.tall = max(length, 0.8 * HEIGHT * self.size)
        self.wide = WIDTH * self.size
        self.front = figure.direction(figure.skeleton.head[:, 2])

    def draw(self) -> None:
        if self.outfit.hair_style == "long":
            low = self.centre - self.up * self.tall * 0.45
            self._oval(low, (1.28, 1.3), self.outfit.hair * 0.9)
        self._neck()
        if self.front[2] < AWAY:
            self._back()
        else:
            self._face()
        self._hat()

    def _neck(self) -> None:
        radius = 0.032 * float(self.figure.size[NECK])
        self.canvas.limb(
            self.figure.points[NECK], self.centre, (radius, radius), self.outfit.skin * 0.88
        )

    def _back(self) -> None:
        bald = self.outfit.hair_style == "none"
        colour = self.outfit.skin if bald else self.outfit.hair
        for size, brightness in ((1.0, 0.85), (0.7, 1.05)):
            self._oval(self.centre, (1.04 * size, 1.02 * size), colour * brightness)
        knot = {"bun": 0.55, "tail": -0.9}.get(self.outfit.hair_style)
        if knot is not None:
            self._oval(self.centre + self.up * self.tall * knot, (0.4, 0.5), colour * 0.7)
        self._long_over()

    def _long_over(self) -> None:
        if self.outfit.hair_style == "long":
            low = self.centre - self.up * self.tall * 0.6
            self._oval(low, (1.1, 1.1), self.outfit.hair)

    def _face(self) -> None:
        outfit, ahead = self.outfit, self.front[:2] * self.size
        hairy = outfit.hair_style != "none"
        if hairy:
            self._oval(
                self.centre - ahead * 0.018 + self.up * self.tall * 0.12, (1.1, 1.0), outfit.hair
            )
        if outfit.hair_style in ("bun", "tail"):
            self._oval(
                self.centre - ahead * 0.06 + self.up * self.tall * 0.5, (0.45, 0.4), outfit.hair
            )
        light = self.canvas.light * self.wide
        for size, brightness in ((1.0, 0.84), (0.8, 1.0), (0.48, 1.08)):
            at = (
                self.centre
                + ahead * 0.012
                - self.up * self.tall * 0.06
                + (light * (1 - size) * 0.4, 0)
            )
            self._oval(at, (0.94 * size, 0.95 * size), outfit.skin * brightness)
        if hairy:
            at = self.centre - ahead * 0.014 + self.up * self.tall * 0.4
            self.canvas.ellipse(
                at, (self.wide, self.tall * 0.62), self.turn, outfit.hair, half=True
            )
        self._features()

    def _features(self) -> None:
        points, outfit = self.figure.points, self.outfit
        facing = float(self.front[2])
        shown = (1, 2) if facing > PROFILE else ((2,) if self.front[0] > 0 else (1,))
        for eye in shown:
            self.canvas.circle(points[eye], 0.0095 * self.size, DARK)
        if outfit.glasses:
            self.canvas.line(points[shown[0]], points[shown[-1]], 0.018 * self.size, DARK)
        self.canvas.circle(
            moved(points[0], 0, 0.004 * self.size), 0.0095 * self.size, outfit.skin * 0.72
        )
        mouth = points[0] - self.up * 0.03 * self.size - self.front[:2] * 0.012 * self.size
        self.canvas.ellipse(
            mouth, (0.019 * self.size * max(0.45, facing), 0.006 * self.size), self.turn, LIPS
        )

    def _hat(self) -> None:
        hat, colour = self.outfit.hat, self.outfit.extra
        if hat == "none":
            return
        base = self.centre + self.up * self.tall * 0.28
        peak = 0.95 if hat == "woollen" else 0.8
        self.canvas.ellipse(
            base, (self.wide * 1.14, self.tall * peak), self.turn, colour, half=True
        )
        if hat == "brim":
            self._oval(base, (1.75, 0.24), colour * 0.8)
        elif hat == "cap" and self.front[2] > AWAY:
            ahead = base + self.front[:2] * self.size * 0.05
            self._oval(ahead, (0.95, 0.18), colour * 0.7)

    def _oval(self, centre: Array, part: tuple[float, float], colour: Array) -> None:
        axes = (self.wide * part[0], self.tall * part[1])
        self.canvas.ellipse(centre, axes, self.turn, colour)
