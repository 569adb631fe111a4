"""The ledger: takes down what is drawn on a canvas, and says what of it is in view at the end."""

from dataclasses import dataclass, field

import numpy as np

from recipes.scenes.arrays import Array, Quad
from recipes.scenes.canvas import NUMBERS, Canvas
from recipes.scenes.figure import Figure
from recipes.scenes.scene import Object, Person

FEWEST_PIXELS = 60
"""On the canvas; what covers fewer is not there."""
FRONT, BACK = 0.75, -0.75
"""How much of a body's front points to the camera when it is seen from the front, from the back."""
MARGIN = 0.15
"""By how much an object may stick out of its extent (a bag does), in heights or widths of it."""


@dataclass(frozen=True)
class _Drawn:
    number: int
    label: str
    box: Array
    """Left, top, right, bottom in pixels of the canvas."""
    area: int
    inside: float
    """The part of it that is inside the frame."""
    figure: Figure | None


@dataclass
class Ledger:
    """Keeps the account of what was drawn on a canvas, in the order of drawing."""

    canvas: Canvas
    _drawn: list[_Drawn] = field(default_factory=list)
    _number: int = 0

    def next_number(self) -> int:
        """Return the number of the next object, and let the canvas draw it."""
        if self._number == NUMBERS:
            raise ValueError(f"a scene of more than {NUMBERS} objects: draw fewer")
        self._number += 1
        self.canvas.begin(self._number)
        return self._number

    def enter(self, label: str, extent: Array, figure: Figure | None = None) -> None:
        """Account for the object drawn last, which covers *extent*, in the frame or beyond."""
        grown = MARGIN * float(max(extent[2:] - extent[:2])) + 2.0
        x, y, right, bottom = np.maximum(extent + np.array((-1, -1, 1, 1)) * grown, 0).astype(int)
        mine = (self.canvas.tags[y:bottom, x:right] & NUMBERS) == self._number
        area = int(np.count_nonzero(mine))
        if area < FEWEST_PIXELS:
            return
        rows, columns = np.flatnonzero(mine.any(1)) + y, np.flatnonzero(mine.any(0)) + x
        box = np.array((columns[0], rows[0], columns[-1] + 1, rows[-1] + 1))
        inside = _part_inside(extent, self.canvas)
        self._drawn.append(_Drawn(self._number, label, box, area, inside, figure))

    def seen(self) -> tuple[tuple[Object, ...], tuple[Person, ...]]:
        """Return what is in view now that everything is drawn, in fractions of the canvas."""
        left_over = np.bincount((self.canvas.tags & NUMBERS).ravel(), minlength=NUMBERS + 1)
        objects, people = [], []
        for drawn in self._drawn:
            visible = min(float(left_over[drawn.number] / drawn.area), 1.0) * drawn.inside
            box = self._in_fractions(drawn.box)
            objects.append(Object(drawn.label, *box, visible))
            if drawn.figure is not None:
                keypoints = drawn.figure.keypoints(self.canvas.width, self.canvas.height)
                people.append(Person(keypoints, box, _facing(drawn.figure), visible))
        people.sort(key=lambda one: -_area(one.box))
        return tuple(objects), tuple(people)

    def _in_fractions(self, box: Array) -> Quad:
        left, top, right, bottom = box.tolist()
        width, height = self.canvas.width, self.canvas.height
        return left / width, top / height, right / width, bottom / height


def _part_inside(extent: Array, canvas: Canvas) -> float:
    width, height = np.minimum(extent[2:], (canvas.width, canvas.height)) - np.maximum(
        extent[:2], 0
    )
    whole = np.maximum(extent[2:] - extent[:2], 1e-6)
    return float(np.clip(width / whole[0], 0, 1) * np.clip(height / whole[1], 0, 1))


def _area(box: Quad) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _facing(figure: Figure) -> str:
    toward = float(figure.skeleton.chest[0, 0])
    return "front" if toward > FRONT else "back" if toward < BACK else "side"
