"""The canvas: paint on RGB pixels that remember which object, and which cloth, they belong to.

Each drawing call goes through OpenCV once: the fourth channel holds the *tag* of what is drawn, an
object's number with its material above it.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from recipes.scenes.colours import Colour

Point = Sequence[float] | np.ndarray
MOST_OBJECTS = 31
SHIFT = 4
FINE = 1 << SHIFT
SHADED = ((1.0, 0.74, 0.0), (0.74, 1.0, 1.0), (0.36, 1.12, 2.0))
"""Cheap cylinder: width, brightness and step toward the light of three strokes."""


class Canvas:
    """A picture of *width* by *height* in the making; nothing is beyond its edges."""

    def __init__(self, backdrop: np.ndarray) -> None:
        """Begin with *backdrop*, RGB."""
        self.height, self.width = backdrop.shape[:2]
        self._layers = np.zeros((self.height, self.width, 4), np.uint8)
        self._layers[..., :3] = backdrop
        self._tag = 0
        self.light = 1.0
        """Where light comes from: -1 left, 1 right."""

    @property
    def pixels(self) -> np.ndarray:
        """RGB, a view: writing to it paints."""
        return self._layers[..., :3]

    @property
    def tags(self) -> np.ndarray:
        """The tag of each pixel, a view."""
        return self._layers[..., 3]

    def begin(self, number: int, material: int = 0) -> None:
        """Let what is drawn from now on belong to object *number*; 0 is nobody's."""
        self._tag = number | material << 5

    def polygon(self, points: Point, colour: Colour) -> None:
        """Fill the polygon through *points* (x, y in pixels)."""
        fine = np.rint(np.asarray(points) * FINE).astype(np.int32)
        cv2.fillPoly(self._layers, [fine], self._paint(colour), cv2.LINE_8, SHIFT)

    def circle(self, centre: Point, radius: float, colour: Colour) -> None:
        """Fill a circle."""
        at = (int(centre[0] * FINE), int(centre[1] * FINE))
        cv2.circle(
            self._layers, at, max(1, int(radius * FINE)), self._paint(colour), -1, cv2.LINE_8, SHIFT
        )

    def ellipse(
        self, centre: Point, axes: Point, turn: float, colour: Colour, *, half: bool = False
    ) -> None:
        """Fill an ellipse with half *axes*, turned by *turn* radians; its upper *half* alone."""
        at = (int(centre[0] * FINE), int(centre[1] * FINE))
        size = (max(1, int(axes[0] * FINE)), max(1, int(axes[1] * FINE)))
        begin = 180 if half else 0
        cv2.ellipse(
            self._layers, at, size, float(np.degrees(turn)), begin, 360, self._paint(colour), -1,
            cv2.LINE_8, SHIFT,
        )  # fmt: skip

    def line(self, begin: Point, end: Point, width: float, colour: Colour) -> None:
        """Draw a line."""
        ends = [(int(p[0] * FINE), int(p[1] * FINE)) for p in (begin, end)]
        cv2.line(
            self._layers, *ends, self._paint(colour), max(1, round(width)), cv2.LINE_8, SHIFT
        )

    def capsule(self, begin: Point, end: Point, radii: Point, colour: Colour) -> None:
        """Fill the skin round two circles of *radii*."""
        first, last = np.asarray(begin, float), np.asarray(end, float)
        along = last - first
        across = np.array((-along[1], along[0])) / (np.hypot(*along) + 1e-6)
        a, b = across * radii[0], across * radii[1]
        self.polygon((first + a, last + b, last - b, first - a), colour)
        self.circle(first, radii[0], colour)
        self.circle(last, radii[1], colour)

    def limb(self, begin: Point, end: Point, radii: Point, colour: Colour) -> None:
        """Fill a capsule that looks round."""
        step = np.array((self.light, -0.3)) * min(radii) * 0.22
        for width, brightness, steps in SHADED:
            self.capsule(
                np.asarray(begin) + step * steps, np.asarray(end) + step * steps,
                (radii[0] * width, radii[1] * width), colour * brightness,
            )  # fmt: skip

    def _paint(self, colour: Colour) -> tuple[float, float, float, float]:
        red, green, blue = np.clip(colour, 0, 255).tolist()
        return red, green, blue, self._tag


def speckle(rng: np.random.Generator, size: tuple[int, int], cells: int, depth: int) -> np.ndarray:
    """Return smooth noise around 0 (about -0.5..0.5), float32 [height, width, depth].

    Args:
        rng: the scene's generator.
        size: width and height.
        cells: blobs along a side: few are clouds, many are grain.
        depth: 1 for grey, 3 for coloured.
    """
    coarse = rng.random((cells, cells, depth), np.float32) - np.float32(0.5)
    return cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC).reshape(size[1], size[0], depth)


def resized(picture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return *picture* enlarged to *size* (width, height)."""
    return cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR)
