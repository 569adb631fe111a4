"""Handwritten digits: those scikit-learn carries, written again larger and in many ways.

They are eight pixels wide, MNIST's are 28 and a camera's are anything: each picture here is one of
them turned, slanted, scaled, shifted, written with a thin or a thick pen, on black or on paper.
"""

from dataclasses import dataclass
from typing import Any, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt
from sklearn.datasets import load_digits

Array: TypeAlias = npt.NDArray[Any]
Rng: TypeAlias = np.random.Generator

SIDE = 28
SMALL = 8
DARKEST = 16.0
TALL = 20.0
"""Pixels of a digit's height, as in MNIST."""
SLOPE = np.linspace(-1.0, 1.0, SIDE)
PAPERS = 0.75
"""Share of the photographed that are dark on light."""
HELD_OUT = 360
"""The last fifth, as a block: neighbours tend to be of one hand, and nobody tells whose."""


@dataclass(frozen=True, slots=True)
class Digits:
    """Digits as ``images`` [n, 28, 28, 1] uint8 or, as they come, [n, 8, 8] 0..1, and what each is.

    Attributes:
        labels: int64 [n], 0 to 9.
    """

    images: Array
    labels: Array

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, slots=True)
class Hand:
    """How far a writing may be from the plain one; each is drawn evenly up to that.

    Attributes:
        turn: degrees.
        slant: pixels to the side per pixel of height.
        scale: share by which it is larger or smaller, in each direction of its own by a third.
        shift: pixels.
        pen: share of the darkness by which the edge of a stroke moves.
        paper: share of the pictures that are not white on black but any light on any dark, or dark
            on light as on paper, with noise.
    """

    turn: float = 0.0
    slant: float = 0.0
    scale: float = 0.0
    shift: float = 0.0
    pen: float = 0.0
    paper: float = 0.0


PLAIN = Hand()
ANY = Hand(turn=15.0, slant=0.35, scale=0.2, shift=3.0, pen=0.2, paper=0.5)


def known() -> Digits:
    """Return the digits to learn from."""
    return _carried(slice(None, -HELD_OUT))


def unknown() -> Digits:
    """Return the digits that are held out."""
    return _carried(slice(-HELD_OUT, None))


def written(digits: Digits, count: int, hand: Hand, rng: Rng) -> Digits:
    """Return *count* pictures: each digit in turn, as often as it takes, each time anew."""
    places = np.concatenate(
        [rng.permutation(len(digits)) for _ in range(-(-count // len(digits)))]
    )[:count]
    images = np.stack([_written(digits.images[place], hand, rng) for place in places])
    return Digits(images[..., np.newaxis], digits.labels[places])


def plainly(digits: Digits) -> Digits:
    """Return *digits* white on black, upright and in the middle, in their order."""
    rng = np.random.default_rng(0)
    images = np.stack([_written(small, PLAIN, rng) for small in digits.images])
    return Digits(images[..., np.newaxis], digits.labels)


def on_paper(digits: Digits) -> Digits:
    """Return written *digits* dark on light."""
    return Digits(255 - digits.images, digits.labels)


def _carried(part: slice) -> Digits:
    carried = load_digits()
    return Digits((carried.images[part] / DARKEST).astype(np.float32), carried.target[part])


def _written(small: Array, hand: Hand, rng: Rng) -> Array:
    """Return one digit [8, 8] as uint8 [28, 28]."""
    ink = cv2.warpAffine(
        small, _place(hand, rng), (SIDE, SIDE), flags=cv2.INTER_CUBIC, borderValue=0.0
    )
    edge = 0.45 + hand.pen * rng.uniform(-1.0, 1.0)
    sharpness = 2.5 + hand.pen * rng.uniform(0.0, 10.0)
    ink = np.clip((ink - edge) * sharpness + 0.5, 0.0, 1.0)
    if rng.random() < hand.paper:
        ink = _photographed(ink, rng)
    return np.rint(ink * 255.0).astype(np.uint8)


def _place(hand: Hand, rng: Rng) -> Array:
    """Return the map [2, 3] from the small picture to the large one."""
    turn = np.radians(hand.turn) * rng.uniform(-1.0, 1.0)
    size = TALL / SMALL * (1.0 + hand.scale * rng.uniform(-1.0, 1.0))
    sizes = size * (1.0 + hand.scale / 3.0 * rng.uniform(-1.0, 1.0, 2))
    turned = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    slanted = np.array([[1.0, hand.slant * rng.uniform(-1.0, 1.0)], [0.0, 1.0]])
    shape = turned @ slanted @ np.diag(sizes)
    middle = np.full(2, (SIDE - 1) / 2.0) + hand.shift * rng.uniform(-1.0, 1.0, 2)
    return np.column_stack([shape, middle - shape @ np.full(2, (SMALL - 1) / 2.0)])


def _photographed(ink: Array, rng: Rng) -> Array:
    """Return *ink*, 0..1, on a ground of another brightness, unevenly lit and noisy."""
    dark, light = rng.uniform(0.0, 0.35), rng.uniform(0.65, 1.0)
    ground, pen = (light, dark) if rng.random() < PAPERS else (dark, light)
    down, across = rng.uniform(-0.15, 0.15, 2)
    lit = 1.0 + down * SLOPE[:, np.newaxis] + across * SLOPE
    noise = rng.normal(0.0, rng.uniform(0.0, 0.04), ink.shape)
    return np.clip((ground + (pen - ground) * ink) * lit + noise, 0.0, 1.0)
