"""The body: paints a figure in its outfit, its parts from far to near."""

from collections.abc import Callable
from dataclasses import dataclass

from recipes.scenes.arrays import Colour
from recipes.scenes.canvas import Canvas
from recipes.scenes.figure import Figure
from recipes.scenes.head import draw_head
from recipes.scenes.outfit import Outfit
from recipes.scenes.skeleton import HANDS, HEAD, TOES
from recipes.scenes.trunk import draw_bag, draw_skirt, draw_trunk

SKIN, TOP, BOTTOM = 0, 1, 2
"""Materials, for the texture of the cloth."""
AFTER = 1e-3
"""Step of depth between parts of one limb."""
BESIDE = 0.05
"""A limb no farther from the trunk's depth is beside it."""
Part = tuple[float, Callable[[], None]]


def draw_person(canvas: Canvas, figure: Figure, outfit: Outfit, number: int) -> None:
    """Paint *figure* wearing *outfit* as object *number*."""
    painter = Painter(canvas, figure, outfit, number)
    for _, draw in sorted(painter.parts(), key=lambda part: part[0]):
        draw()


@dataclass(frozen=True)
class Painter:
    """Paints the parts of one person."""

    canvas: Canvas
    figure: Figure
    outfit: Outfit
    number: int

    def parts(self) -> list[Part]:
        """Return what to paint, each with its depth."""
        depth = self.figure.depth
        middle = float(depth[[5, 6, 11, 12]].mean())
        parts: list[Part] = [
            (middle, self._trunk),
            (max(float(depth[HEAD]), middle - 0.04) + 0.02, self._head),
        ]
        if self.outfit.legs in ("skirt", "dress"):
            parts.append((middle + 0.03, self._skirt))
        if self.outfit.bag == "rucksack":
            back = self.figure.direction(self.figure.skeleton.chest[:, 2])[2]
            parts.append((middle - 0.1 * float(back), self._bag))
        elif self.outfit.bag != "none":
            parts.append((float(depth[9 if self.outfit.bag == "hand" else 11]) + 0.08, self._bag))
        for side in (0, 1):
            parts += self._arm(side, middle) + self._leg(side, middle)
        return parts

    def _arm(self, side: int, middle: float) -> list[Part]:
        outfit, thick = self.outfit, 0.03 * self.figure.build.girth**0.7
        if outfit.jacket is not None:
            thick *= 1.2
        upper = outfit.skin if outfit.sleeves == "none" else outfit.sleeve
        lower = outfit.sleeve if outfit.sleeves == "long" else outfit.skin
        shoulder, elbow, wrist, hand = 5 + side, 7 + side, 9 + side, HANDS[side]
        above, below = self._between(shoulder, elbow, middle), self._between(elbow, wrist, middle)
        if above > middle:
            below = max(below, above + AFTER)
        return [
            (above, lambda: self._limb((shoulder, elbow), (thick * 1.12, thick * 0.9), upper, TOP)),
            (below, lambda: self._limb(
                (wrist, hand), (thick * 0.68, thick * 0.55), outfit.skin, SKIN)),
            (below + AFTER, lambda: self._limb(
                (elbow, wrist), (thick * 0.88, thick * 0.64), lower, TOP)),
        ]  # fmt: skip

    def _leg(self, side: int, middle: float) -> list[Part]:
        outfit, thick = self.outfit, 0.05 * self.figure.build.girth**0.6
        bare = outfit.legs in ("skirt", "dress")
        thigh = outfit.skin if bare else outfit.bottom
        shank = outfit.skin if bare or outfit.legs == "shorts" else outfit.bottom
        if outfit.legs == "leggings":
            thick *= 0.85
        hip, knee, ankle, toes = 11 + side, 13 + side, 15 + side, TOES[side]
        below = self._between(knee, ankle, middle - 0.03)
        above = self._between(hip, knee, middle - 0.03)
        return [
            (below - AFTER, lambda: self._limb(
                (ankle, toes), (thick * 0.56, thick * 0.45), outfit.shoes, SKIN)),
            (below, lambda: self._limb((knee, ankle), (thick * 0.8, thick * 0.5), shank, BOTTOM)),
            (above, lambda: self._limb((hip, knee), (thick * 1.15, thick * 0.84), thigh, BOTTOM)),
        ]  # fmt: skip

    def _between(self, first: int, last: int, middle: float) -> float:
        """Return the depth of a limb; one beside the trunk is before it."""
        depth = self.figure.depth
        near = 0.4 * float(depth[first]) + 0.6 * float(depth[last])
        return near + 0.02 if abs(near - middle) < BESIDE else near

    def _limb(
        self, joints: tuple[int, int], radii: tuple[float, float], colour: Colour, material: int
    ) -> None:
        first, last = joints
        figure = self.figure
        self.canvas.begin(self.number, material)
        self.canvas.limb(
            figure.points[first], figure.points[last],
            (radii[0] * figure.size[first], radii[1] * figure.size[last]), colour,
        )  # fmt: skip

    def _trunk(self) -> None:
        self.canvas.begin(self.number, TOP)
        draw_trunk(self.canvas, self.figure, self.outfit)

    def _skirt(self) -> None:
        self.canvas.begin(self.number, BOTTOM)
        draw_skirt(self.canvas, self.figure, self.outfit.bottom)

    def _bag(self) -> None:
        self.canvas.begin(self.number)
        draw_bag(self.canvas, self.figure, self.outfit)

    def _head(self) -> None:
        self.canvas.begin(self.number)
        draw_head(self.canvas, self.figure, self.outfit)
