"""Fits pictures into the size that a model takes, and brings its points back into the picture."""

from typing import Literal, TypeAlias

import numpy as np

from edgenode.errors import DeviceError, PluginError
from edgenode.samples import Tensor

PictureFit: TypeAlias = Literal["stretch", "letterbox", "crop"]

FARTHEST = np.float32(1e6)
"""Coordinates beyond this, in sides of the picture, are as good as this."""


def resize(pixels: Tensor, width: int, height: int) -> Tensor:
    """Return *pixels* in another size; both sides are stretched (bilinear, Pillow's).

    *pixels* are uint8 [height, width] or [height, width, 1, 3 or 4]; the number of axes stays.
    Where the size is right already they are returned as they are. Raise ``PluginError`` for other
    pixels, and ``DeviceError`` if Pillow is not installed.
    """
    return fitted(pixels, width, height, "stretch")


def letterbox(pixels: Tensor, width: int, height: int) -> Tensor:
    """Return *pixels* with their aspect kept, centred and padded with black; see ``resize``."""
    return fitted(pixels, width, height, "letterbox")


def crop(pixels: Tensor, width: int, height: int) -> Tensor:
    """Return *pixels* with their aspect kept and both ends cut off; see ``resize``."""
    return fitted(pixels, width, height, "crop")


def fitted(pixels: Tensor, width: int, height: int, fit: PictureFit) -> Tensor:
    """Return *pixels* in that size as one of the three above."""
    if pixels.dtype != np.uint8 or pixels.shape[2:] not in ((), (1,), (3,), (4,)):
        raise PluginError(
            f"pixels of {pixels.dtype} {list(pixels.shape)} cannot be resized: give uint8"
            " [height, width] or [height, width, 1, 3 or 4]"
        )
    inner = _inner(pixels, width, height, fit)
    resized = _resized(pixels, *inner)
    return resized if inner == (width, height) else _centred(resized, width, height)


def restore(points: Tensor, frame: Tensor, width: int, height: int, fit: PictureFit) -> Tensor:
    """Return *points* of the fitted picture as points of *frame*, clamped to 0..1.

    *points* are fractions, float [n, any even number]: columns are y and x, alternating. *frame*
    are the pixels that were fitted into *width* and *height*. NaN stays NaN.
    """
    inner_width, inner_height = _inner(frame, width, height, fit)
    if (inner_width, inner_height) != (width, height):
        left, top = (width - inner_width) // 2, (height - inner_height) // 2
        # A copy; not all numbers that a float holds can be multiplied.
        points = np.minimum(np.maximum(points, -FARTHEST), FARTHEST)
        points[:, 0::2] = (points[:, 0::2] * height - top) / inner_height
        points[:, 1::2] = (points[:, 1::2] * width - left) / inner_width
    # For arrays this small np.clip takes five times as long.
    inside: Tensor = np.minimum(np.maximum(points, 0.0), 1.0)
    return inside


def _inner(pixels: Tensor, width: int, height: int, fit: PictureFit) -> tuple[int, int]:
    """Return the size of the scaled picture: smaller than the one wanted, or larger (crop)."""
    if fit == "stretch":
        return width, height
    scales = (width / pixels.shape[1], height / pixels.shape[0])
    scale = min(scales) if fit == "letterbox" else max(scales)
    return max(round(pixels.shape[1] * scale), 1), max(round(pixels.shape[0] * scale), 1)


def _centred(pixels: Tensor, width: int, height: int) -> Tensor:
    """Return *pixels* centred in a picture of that size: padded with black, or cropped."""
    canvas = np.zeros((height, width, *pixels.shape[2:]), np.uint8)
    down, across = (height - pixels.shape[0]) // 2, (width - pixels.shape[1]) // 2
    shown = pixels[max(-down, 0) :, max(-across, 0) :][:height, :width]
    top, left = max(down, 0), max(across, 0)
    canvas[top : top + shown.shape[0], left : left + shown.shape[1]] = shown
    return canvas


def _resized(pixels: Tensor, width: int, height: int) -> Tensor:
    if pixels.shape[:2] == (height, width):
        return pixels
    try:
        from PIL import Image
    except ImportError as error:
        raise DeviceError(
            f"frames of {pixels.shape[1]}x{pixels.shape[0]} must be resized to {width}x{height},"
            " which needs Pillow: pip install 'edgenode[camera]'"
        ) from error
    # Pillow has no axis for one channel.
    flat = pixels[:, :, 0] if pixels.shape[2:] == (1,) else pixels
    image = Image.fromarray(flat).resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(image).reshape(height, width, *pixels.shape[2:])
