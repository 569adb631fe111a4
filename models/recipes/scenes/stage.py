"""The stage: puts people and things into a scene, where and how large they may be."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from recipes.chance import either, happens
from recipes.scenes import colours, lookalikes, poses, shadows, view
from recipes.scenes.arrays import Array, Rng
from recipes.scenes.backdrop import backdrop
from recipes.scenes.body import TOP, draw_person
from recipes.scenes.camera import ASPECTS, Fit, fit
from recipes.scenes.canvas import Canvas, moved
from recipes.scenes.cloth import Cloth, textured
from recipes.scenes.figure import Figure, Stance
from recipes.scenes.ledger import Ledger
from recipes.scenes.outfit import outfit
from recipes.scenes.things import DRAW, Place

SMALLEST_HELD = 0.045
"""A thing in a hand is no smaller, in heights of the frame."""
Where = Literal["anywhere", "inside", "cropped"]
"""anywhere: may reach a little beyond the frame's edges; cropped: far beyond them."""


@dataclass
class Stage:
    """A scene in the making."""

    rng: Rng
    fit: Fit
    canvas: Canvas
    ledger: Ledger
    ground: view.Ground | None
    """None: nothing says where people stand."""
    sun: Array
    """How far a shadow goes per height; (0, 0) from lamps above."""
    shade: float

    @classmethod
    def set_up(cls, rng: Rng, size: int, aspects: Mapping[float, float] = ASPECTS) -> "Stage":
        """Return an empty stage, seen by a camera of one of *aspects*."""
        fitted = fit(rng, size, aspects)
        ground = view.ground(rng) if happens(rng, 0.55) else None
        width, height = fitted.canvas
        behind = backdrop(rng, (width // 2, height // 2), ground.horizon if ground else None)
        canvas = Canvas(behind, fitted.canvas)
        canvas.light = float(either(rng))
        shade = rng.uniform(0.2, 0.65) if happens(rng, 0.7) else 0.0
        sun = np.array((canvas.light * -rng.uniform(0.1, 1.2), rng.normal() * 0.6))
        return cls(rng, fitted, canvas, Ledger(canvas), ground, sun, shade)

    def ordered(self, deeds: list[str]) -> list[str]:
        """Return *deeds* in the order in which they are drawn: each may hide those before."""
        return [deeds[index] for index in self.rng.permutation(len(deeds))]

    def add_person(self, tall: float, where: Where, facing: float | None = None) -> None:
        """Draw somebody who fills *tall* of the frame's height, turned to *facing* or by lot."""
        figure = self._placed(tall, where, facing)
        clothes = outfit(self.rng)
        self._before(figure)
        number = self.ledger.next_number()
        draw_person(self.canvas, figure, clothes, number)
        cloth = Cloth(clothes.pattern, TOP)
        textured(self.rng, self.canvas, number, figure.extent(), cloth)
        self.ledger.enter("person", figure.extent(), figure)
        if happens(self.rng, 0.1):
            self._hold(figure)

    def add_thing(self, label: str, largest: float = 1.0) -> None:
        """Draw a ball, a bottle or a box, *largest* in heights of the frame, perhaps on a table."""
        rng, height = self.rng, self.canvas.height
        size = min(_size(rng, label), largest) * height
        x = rng.uniform(0.03, 0.97) * self.canvas.width
        y = rng.uniform(0.05, 0.95) * height
        steep = label == "ball" or (label == "bottle" and happens(rng, 0.2))
        turn = rng.uniform(-1.6, 1.6) if steep else rng.normal() * 0.07
        if happens(rng, 0.15):
            top = np.array((x, y + size * 0.46))
            half = size * rng.uniform(0.8, 2.0)
            lookalikes.draw_table(self.canvas, top, half, colours.any_colour(rng))
        elif happens(rng, 0.5) and self.shade:
            foot = np.array((x, y + size * 0.47))
            shadows.pool(self.canvas, foot, np.array((0.5, 0.12)) * size, self.shade)
        self._draw(label, Place(x, y, size, turn))

    def stand(self, label: str, foot: Array, size: float) -> None:
        """Draw a thing of *size* pixels that stands with its *foot* there."""
        if self.shade:
            shadows.pool(self.canvas, foot, np.array((0.5, 0.13)) * size, self.shade)
        turn = self.rng.uniform(-1.6, 1.6) if label == "ball" else 0.0
        self._draw(label, Place(float(foot[0]), float(foot[1]) - size / 2, size, turn))

    def row_of(self, size: float) -> float:
        """Return the row where a grown person of *size*, in heights of the frame, stands."""
        return 1.0 if self.ground is None else self.ground.row_of(size)

    def _draw(self, label: str, place: Place) -> None:
        self.ledger.next_number()
        self.ledger.enter(label, DRAW[label](self.rng, self.canvas, place))

    def _hold(self, figure: Figure) -> None:
        """Put a ball or a bottle into a hand."""
        hand = int(self.rng.integers(20, 22))
        x, y = figure.points[hand]
        label = "ball" if happens(self.rng, 0.5) else "bottle"
        size = figure.size[hand] * self.rng.uniform(0.1, 0.17)
        if size < SMALLEST_HELD * self.canvas.height:
            return
        if 0 <= x < self.canvas.width and 0 <= y < self.canvas.height:
            self._draw(label, Place(float(x), float(y), float(size), self.rng.normal() * 0.4))

    def _placed(self, tall: float, where: Where, facing: float | None) -> Figure:
        rng, frame = self.rng, np.array((self.canvas.width, self.canvas.height))
        seen = view.no_ground(rng) if self.ground is None else self.ground.view_of(tall)
        stance = Stance.of(poses.pose(rng, facing), poses.build(rng), seen)
        bounds = stance.bounds() + np.array((-0.05, -0.02, 0.05, 0.02))
        wide, high = bounds[2:] - bounds[:2]
        if where == "cropped":
            scale = tall * frame[1] / max(high, 0.4) * rng.uniform(1.4, 2.6)
            aim = np.array((rng.normal() * 0.05, bounds[1] + rng.uniform(0.1, 0.45)))
            return stance.placed(scale, rng.uniform(0.25, 0.75, 2) * frame - aim * scale)
        scale = tall * frame[1] / max(high, 0.75 * wide, 0.35)
        if self.ground is not None:
            # People of one ground differ in height, not in the size that fits the row they are on.
            scale = min(tall * frame[1] * rng.uniform(0.9, 1.05), 1.1 * frame[1] / high)
        if where == "inside":
            scale = min(scale, frame[0] / wide)
        place = rng.uniform((0.1, 0.3), (0.9, 0.7)) * frame - (bounds[:2] + bounds[2:]) / 2 * scale
        if self.ground is not None:
            place[1] = self.ground.row_of(tall) * frame[1]
        slack = (0.04 if where == "inside" else 0.3) * np.array((wide, high)) * scale
        lowest, highest = -bounds[:2] * scale - slack, frame - bounds[2:] * scale + slack
        if where == "inside" or self.ground is not None:
            place = np.clip(place, np.minimum(lowest, highest), np.maximum(lowest, highest))
        return stance.placed(scale, place)

    def _before(self, figure: Figure) -> None:
        """Draw what lies behind somebody: their shadow, their seat."""
        if self.shade and (self.ground is not None or happens(self.rng, 0.4)):
            if happens(self.rng, 0.5):
                shadows.cast(self.canvas, figure, self.sun, self.shade)
            else:
                foot, half = figure.points[15:17].mean(0), np.array((0.2, 0.05)) * figure.scale
                shadows.pool(self.canvas, foot, half, self.shade)
        hips = figure.points[11:13].mean(0)
        sits = abs(hips[1] - figure.points[13:15, 1].mean()) < 0.12 * figure.scale
        if sits and happens(self.rng, 0.5):
            size = max(float(figure.points[15:17, 1].max() - hips[1]), 4.0)
            colour = colours.any_colour(self.rng)
            lookalikes.draw_chair(self.canvas, moved(hips, 0, 0.03 * figure.scale), size, colour)


def _size(rng: Rng, label: str) -> float:
    """Return a thing's height in heights of the frame."""
    if label == "ball":
        return rng.uniform(0.045, 0.1) if happens(rng, 0.22) else rng.uniform(0.05, 0.32)
    if label == "bottle":
        return rng.uniform(0.1, 0.5)
    return rng.uniform(0.09, 0.42)
