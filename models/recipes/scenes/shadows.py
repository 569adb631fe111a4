"""Shadows: what figures and things take from the light on the ground."""

import cv2
import numpy as np

from recipes.scenes.arrays import Array
from recipes.scenes.canvas import Canvas
from recipes.scenes.figure import Figure
from recipes.scenes.skeleton import HEAD, NECK

BONES = (
    (5, 7), (7, 9), (6, 8), (8, 10), (11, 13), (13, 15), (12, 14), (14, 16), (5, 12), (6, 11),
    (NECK, HEAD), (HEAD, HEAD),
)  # fmt: skip
FARTHEST = 2000
"""In pixels; OpenCV draws no line to everywhere."""
THICK = (0.06,) * 4 + (0.09,) * 4 + (0.15, 0.15, 0.08, 0.13)


def cast(canvas: Canvas, figure: Figure, sun: Array, strength: float) -> None:
    """Darken the ground where *figure* keeps the *sun* away.

    Args:
        canvas: what lies on it is darkened, be it ground or not.
        figure: who stands in the light.
        sun: how far a shadow goes to x and z per height.
        strength: part of the light that is taken, 0..1.
    """
    flat = figure.skeleton.joints.copy()
    flat[:, [0, 2]] += flat[:, 1:2] * sun
    flat[:, 1] = 0.0
    points = figure.view.project(flat)[0] * figure.scale + figure.origin
    mask = np.zeros((canvas.height // 2, canvas.width // 2), np.uint8)
    for (first, last), thick in zip(BONES, THICK, strict=True):
        begin, end = np.clip(points[[first, last]] / 2, -FARTHEST, FARTHEST).astype(int).tolist()
        cv2.line(mask, begin, end, (255,), max(1, round(thick * figure.scale / 2)))
    _darken(canvas, mask, strength, 0.015 * figure.scale)


def pool(canvas: Canvas, foot: Array, half: Array, strength: float) -> None:
    """Darken an ellipse of *half* axes under something that stands with its *foot* there."""
    mask = np.zeros((canvas.height // 2, canvas.width // 2), np.uint8)
    axes = [max(1, int(side / 2)) for side in half]
    cv2.ellipse(mask, (int(foot[0] / 2), int(foot[1] / 2)), axes, 0, 0, 360, (255,), -1)
    _darken(canvas, mask, strength, half[1] * 0.5)


def _darken(canvas: Canvas, mask: Array, strength: float, soft: float) -> None:
    left, top, width, height = cv2.boundingRect(mask)
    if not width:
        return
    grown = int(2 * soft) + 2
    top, left = max(top - grown, 0), max(left - grown, 0)
    inside = slice(top, top + height + 2 * grown), slice(left, left + width + 2 * grown)
    part = cv2.GaussianBlur(mask[inside], (0, 0), max(0.6, soft / 2))
    rows = slice(2 * top, 2 * (top + part.shape[0]))
    columns = slice(2 * left, 2 * (left + part.shape[1]))
    pixels = canvas.pixels[rows, columns]
    part = cv2.resize(part, (pixels.shape[1], pixels.shape[0]))
    np.copyto(pixels, pixels * (1 - part[..., None] * np.float32(strength / 255)), casting="unsafe")
