"""What picture plugins share: from a frame to the model's tensor, and back for coordinates."""

from typing import Annotated, Literal, TypeAlias

import numpy as np
from msgspec import Meta

from edgenode import plugin

SIGN_BIT = 0x80

Report: TypeAlias = Annotated[
    Literal["presence", "all"],
    Meta(description='"presence": results with findings and the first without; "all": every one'),
]
"""The option ``report``."""


class Fitting:
    """Fits frames into a model's input: uint8 or int8, [1, height, width, 3], raw bytes.

    ``stretch`` resizes both sides; ``letterbox`` keeps the aspect and pads with black around the
    middle. A frame that has the right size already is passed on as it is, bit by bit.
    """

    def __init__(self, model: plugin.Model) -> None:
        """Raise ``ModelError`` when the input is not a picture of bytes."""
        spec = model.input
        batch_and_channels = (spec.shape[:1] + spec.shape[-1:]) if len(spec.shape) == 4 else ()  # noqa: PLR2004 NHWC
        if batch_and_channels != (1, 3) or spec.dtype not in {"uint8", "int8"}:
            raise plugin.ModelError(
                f"model {model.id!r} takes {spec.dtype} {list(spec.shape)}; a picture plugin needs"
                " uint8 or int8 [1, height, width, 3]: quantise the model, or use another"
            )
        self._height, self._width = spec.shape[1:3]
        self._signed = spec.dtype == "int8"
        self._letterbox = model.traits.get("fit", "stretch") == "letterbox"

    def tensor(self, frame: plugin.Frame) -> plugin.Tensor:
        """Return *frame* as the model's input."""
        width, height = self._inner(frame)
        pixels = _resize(frame.pixels, width, height)
        if (width, height) != (self._width, self._height):
            canvas = np.zeros((self._height, self._width, 3), np.uint8)
            left, top = (self._width - width) // 2, (self._height - height) // 2
            canvas[top : top + height, left : left + width] = pixels
            pixels = canvas
        if self._signed:
            pixels = (pixels ^ SIGN_BIT).view(np.int8)
        return pixels[np.newaxis]

    def restore(self, points: plugin.Tensor, frame: plugin.Frame) -> list[list[float]]:
        """Return rows of fractions of the input, y and x in turns, as clamped ones of *frame*.

        NaN stays NaN.
        """
        width, height = self._inner(frame)
        if (width, height) != (self._width, self._height):
            left, top = (self._width - width) // 2, (self._height - height) // 2
            points = points.copy()
            points[:, 0::2] = (points[:, 0::2] * self._height - top) / height
            points[:, 1::2] = (points[:, 1::2] * self._width - left) / width
        # np.clip takes five times as long on arrays this small.
        rows: list[list[float]] = np.minimum(np.maximum(points, 0.0), 1.0).tolist()
        return rows

    def _inner(self, frame: plugin.Frame) -> tuple[int, int]:
        """Return width and height of the picture inside the input."""
        if not self._letterbox:
            return self._width, self._height
        height, width = frame.pixels.shape[:2]
        scale = min(self._width / width, self._height / height)
        return max(round(width * scale), 1), max(round(height * scale), 1)


def _resize(pixels: plugin.Tensor, width: int, height: int) -> plugin.Tensor:
    if pixels.shape[:2] == (height, width):
        return pixels
    try:
        from PIL import Image
    except ImportError as error:
        raise plugin.DeviceError(
            f"frames of {pixels.shape[1]}x{pixels.shape[0]} must be resized to {width}x{height},"
            " which needs Pillow: pip install 'edgenode[camera]'"
        ) from error
    return np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.BILINEAR))
