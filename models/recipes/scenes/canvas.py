"""The canvas: paint on RGB pixels that remember which object, and which cloth, they belong to.

Each drawing call goes through OpenCV once: the fourth channel holds the *tag* of what is drawn, an
object's number with its material above it.
"""

import math

import cv2
import numpy as np

from recipes.scenes.arrays import Array, Colour, Pair, Pairs, Quad, Rng

NUMBERS = 31
"""The highest number of an object, and the bits of a tag that hold it; the material is above."""
SHIFT = 4
FINE = 1 << SHIFT
SHADED = ((1.0, 0.74, 0.0), (0.74, 1.0, 1.0), (0.36, 1.12, 2.0))
"""Cheap cylinder: width, brightness and step toward the light of three strokes."""


class Canvas:
    """A picture of *width* by *height* in the making; nothing is beyond its edges."""

    def __init__(self, backdrop: Array, size: tuple[int, int]) -> None:
        """Begin with *backdrop*, RGB, enlarged to *size* (width, height)."""
        self.width, self.height = size
        layers = np.zeros((*backdrop.shape[:2], 4), np.uint8)
        layers[..., :3] = backdrop
        self.layers = cv2.resize(layers, size, interpolation=cv2.INTER_LINEAR)
        """[height, width, 4]: RGB and the tag of each pixel."""
        self._tag = 0
        self.light = 1.0
        """Where light comes from: -1 left, 1 right."""

    @property
    def pixels(self) -> Array:
        """RGB, a view: writing to it paints."""
        return self.layers[..., :3]

    @property
    def tags(self) -> Array:
        """The tag of each pixel, a view."""
        return self.layers[..., 3]

    def begin(self, number: int, material: int = 0) -> None:
        """Let what is drawn from now on belong to object *number*; 0 is nobody's."""
        self._tag = tag(number, material)

    def polygon(self, points: Pairs, colour: Colour) -> None:
        """Fill the polygon through *points* (x, y in pixels)."""
        fine = np.rint(np.asarray(points) * FINE).astype(np.int32)
        cv2.fillPoly(self.layers, [fine], self._paint(colour), cv2.LINE_8, SHIFT)

    def circle(self, centre: Pair, radius: float, colour: Colour) -> None:
        """Fill a circle."""
        at = (int(centre[0] * FINE), int(centre[1] * FINE))
        cv2.circle(
            self.layers, at, max(1, int(radius * FINE)), self._paint(colour), -1, cv2.LINE_8, SHIFT
        )

    def ellipse(
        self, centre: Pair, axes: Pair, turn: float, colour: Colour, *, half: bool = False
    ) -> None:
        """Fill an ellipse with half *axes*, turned by *turn* radians; its upper *half* alone."""
        at = (int(centre[0] * FINE), int(centre[1] * FINE))
        size = (max(1, int(axes[0] * FINE)), max(1, int(axes[1] * FINE)))
        begin = 180 if half else 0
        cv2.ellipse(
            self.layers, at, size, float(np.degrees(turn)), begin, 360, self._paint(colour), -1,
            cv2.LINE_8, SHIFT,
        )  # fmt: skip

    def line(self, begin: Pair, end: Pair, width: float, colour: Colour) -> None:
        """Draw a line."""
        first, last = ((int(p[0] * FINE), int(p[1] * FINE)) for p in (begin, end))
        cv2.line(
            self.layers, first, last, self._paint(colour), max(1, round(width)), cv2.LINE_8, SHIFT
        )

    def capsule(self, begin: Pair, end: Pair, radii: Pair, colour: Colour) -> None:
        """Fill the skin round two circles of *radii*."""
        (left, top), (right, bottom) = begin, end
        length = math.hypot(right - left, bottom - top) + 1e-6
        across, down = (top - bottom) / length, (right - left) / length
        (first, last) = radii
        self.polygon(
            (
                (left + across * first, top + down * first),
                (right + across * last, bottom + down * last),
                (right - across * last, bottom - down * last),
                (left - across * first, top - down * first),
            ),
            colour,
        )
        self.circle(begin, first, colour)
        self.circle(end, last, colour)

    def limb(self, begin: Pair, end: Pair, radii: Pair, colour: Colour) -> None:
        """Fill a capsule that looks round."""
        (left, top), (right, bottom), (first, last) = begin, end, radii
        x, y = self.light * min(first, last) * 0.22, min(first, last) * -0.066
        for width, brightness, steps in SHADED:
            self.capsule(
                (left + x * steps, top + y * steps), (right + x * steps, bottom + y * steps),
                (first * width, last * width), colour * brightness,
            )  # fmt: skip

    def _paint(self, colour: Colour) -> Quad:
        # OpenCV saturates what is above 255.
        red, green, blue = colour.tolist()
        return red, green, blue, self._tag


def tag(number: int, material: int) -> int:
    """Return the tag of object *number* where it is of that *material*."""
    return number | material << NUMBERS.bit_length()


def moved(point: Pair, right: float, down: float) -> tuple[float, float]:
    """Return what lies *right* of and *down* from *point*."""
    return float(point[0]) + right, float(point[1]) + down


def speckle(rng: Rng, size: tuple[int, int], cells: int, depth: int) -> Array:
    """Return smooth noise around 0 (about -0.5..0.5), float32 [height, width, depth].

    Args:
        rng: the scene's generator.
        size: width and height.
        cells: blobs along a side: few are clouds, many are grain.
        depth: 1 for grey, 3 for coloured.
    """
    coarse = rng.random((cells, cells, depth), np.float32) - np.float32(0.5)
    return cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC).reshape(size[1], size[0], depth)
