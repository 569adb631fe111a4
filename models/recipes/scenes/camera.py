"""The camera: what lens, sensor and light make of a scene."""

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from recipes.chance import happens, one_of
from recipes.scenes.arrays import Array, Quad, Rng
from recipes.scenes.canvas import speckle

ASPECTS = {1.0: 0.48, 4 / 3: 0.38, 16 / 9: 0.09, 3 / 4: 0.05}
"""Width over height of the camera's frames, and how often."""


@dataclass(frozen=True)
class Fit:
    """How a frame becomes the square that a model sees."""

    aspect: float
    letterbox: bool
    """Black bars keep the aspect; without them, the frame is squeezed."""
    size: int

    @property
    def inner(self) -> tuple[int, int]:
        """Width and height of the frame inside the square."""
        if not self.letterbox:
            return self.size, self.size
        longest = max(self.aspect, 1.0)
        return round(self.size * self.aspect / longest), round(self.size / longest)

    @property
    def canvas(self) -> tuple[int, int]:
        """Width and height to draw at: about twice as fine as the frame inside the square."""
        width, height = self.inner
        area = (2 * width) * (2 * height)
        tall = (area / self.aspect) ** 0.5
        return round(tall * self.aspect), round(tall)

    def corners(self) -> Quad:
        """Return left, top, width and height of the frame in fractions of the square."""
        width, height = self.inner
        return (
            (self.size - width) // 2 / self.size, (self.size - height) // 2 / self.size,
            width / self.size, height / self.size,
        )  # fmt: skip

    def padded(self, picture: Array) -> Array:
        """Return *picture*, of the inner size, in its square."""
        width, height = self.inner
        if (width, height) == (self.size, self.size):
            return picture
        square = np.zeros((self.size, self.size, 3), np.uint8)
        left, top = (self.size - width) // 2, (self.size - height) // 2
        square[top : top + height, left : left + width] = picture
        return square


def fit(rng: Rng, size: int, aspects: Mapping[float, float] = ASPECTS) -> Fit:
    """Return one of the ways in which frames become squares of *size*."""
    aspect = one_of(rng, aspects)
    return Fit(aspect, aspect != 1.0 and happens(rng, 0.4), size)


def exposed(rng: Rng, drawn: Array, size: tuple[int, int], strain: float = 1.0) -> Array:
    """Return what the camera makes of *drawn*: RGB uint8 of *size* (width, height).

    What *drawn* has beside RGB is left out. *strain*, 0..1: how bad light and sensor may be.
    """
    scaled = cv2.resize(drawn, size, interpolation=cv2.INTER_AREA)
    picture = _blurred(rng, np.ascontiguousarray(scaled[..., :3]))
    light = picture.astype(np.float32)
    if happens(rng, 0.5):
        light *= 1.0 + strain * 0.8 * speckle(rng, size, 2, 1)
    gain, offset = 1.0 + strain * rng.uniform(-0.4, 0.2), strain * rng.uniform(-35, 35)
    tint = rng.uniform(0.88, 1.12, 3).astype(np.float32)
    light = (light - 128) * (tint * np.float32(gain)) + (128 + np.float32(offset))
    if happens(rng, 0.07 * strain):
        light[:] = light.mean(axis=2, keepdims=True)
    if happens(rng, 0.7):
        spread = np.float32(rng.uniform(1, 1 + 11 * strain))
        light += rng.standard_normal(light.shape, np.float32) * spread
    return np.clip(light, 0, 255).astype(np.uint8)


def _blurred(rng: Rng, picture: Array) -> Array:
    if happens(rng, 0.5):
        picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.3, 1.3))
    elif happens(rng, 0.1):
        picture = _shaken(rng, picture)
    if happens(rng, 0.15):
        height, width = picture.shape[:2]
        half = cv2.resize(picture, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
        picture = cv2.resize(half, (width, height))
    return picture


def _shaken(rng: Rng, picture: Array) -> Array:
    """Return *picture* as it is when the camera moves."""
    length = int(rng.integers(3, 6))
    kernel = np.zeros((length, length), np.float32)
    angle = rng.uniform(0, np.pi)
    reach = np.array((np.cos(angle), np.sin(angle))) * length / 2
    middle = (length - 1) / 2
    first, last = np.rint((middle - reach, middle + reach)).astype(int).tolist()
    cv2.line(kernel, first, last, (1.0,))
    return cv2.filter2D(picture, -1, kernel / kernel.sum())
