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


FITS = ("stretch", "letterbox", "crop")
"""What ``fit`` of a manifest may be."""

LUMA = np.array([0.299, 0.587, 0.114], np.float32)
"""Shares of red, green and blue in grey (ITU-R BT.601, as Pillow has them)."""


def filters(
    threshold: float | dict[str, float], report: Report, labels: tuple[str, ...] = ()
) -> tuple[plugin.Use, ...]:
    """Return the filters of a picture plugin: its *labels*, if any, threshold and presence."""
    uses = [plugin.Use("threshold", {"threshold": threshold})]
    if labels:
        uses.insert(0, plugin.Use("labels", {"labels": labels}))
    if report == "presence":
        uses.append(plugin.Use("presence"))
    return tuple(uses)


class Fitting:
    """Fits frames into a model's input: uint8 or int8, [1, height, width, 3], raw bytes.

    ``stretch`` resizes both sides; ``letterbox`` keeps the aspect and pads with black around the
    middle; ``crop`` keeps it and takes the middle. A frame that has the right size already is
    passed on as it is, bit by bit. An input with one channel, or none, gets the frame in grey.
    """

    def __init__(self, model: plugin.Model) -> None:
        """Raise ``ModelError`` when the input is not a picture of bytes, or ``fit`` unknown."""
        spec = model.input
        # NHWC, or NHW for grey.
        self._grey = len(spec.shape) == 3 or spec.shape[3:] == (1,)  # noqa: PLR2004
        colours = len(spec.shape) == 4 and spec.shape[3] == 3  # noqa: PLR2004
        one_picture = spec.shape[:1] == (1,) and (colours or self._grey)
        if not one_picture or spec.dtype not in {"uint8", "int8"}:
            raise plugin.ModelError(
                f"model {model.id!r} takes {spec.dtype} {list(spec.shape)}; a picture plugin needs"
                " uint8 or int8 [1, height, width, 3 or 1]: quantise the model, or use another"
            )
        self._fit = model.traits.get("fit", "stretch")
        if self._fit not in FITS:
            raise plugin.ModelError(
                f"model {model.id!r}: no fit {self._fit!r}; there are {', '.join(FITS)}"
            )
        self._shape = spec.shape
        self._height, self._width = spec.shape[1:3]
        self._signed = spec.dtype == "int8"

    def tensor(self, frame: plugin.Frame) -> plugin.Tensor:
        """Return *frame* as the model's input."""
        width, height = self._inner(frame)
        pixels = _resize(frame.pixels, width, height)
        if (width, height) != (self._width, self._height):
            pixels = _centred(pixels, self._width, self._height)
        if self._grey:
            pixels = np.rint(pixels @ LUMA).astype(np.uint8)
        if self._signed:
            pixels = (pixels ^ SIGN_BIT).view(np.int8)
        return pixels.reshape(self._shape)

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
        """Return width and height of the whole frame as the input shows it, or its middle."""
        if self._fit == "stretch":
            return self._width, self._height
        height, width = frame.pixels.shape[:2]
        scales = (self._width / width, self._height / height)
        scale = min(scales) if self._fit == "letterbox" else max(scales)
        return max(round(width * scale), 1), max(round(height * scale), 1)


def _centred(pixels: plugin.Tensor, width: int, height: int) -> plugin.Tensor:
    """Return *pixels* in the middle of a canvas of that size: padded with black, or cropped."""
    canvas = np.zeros((height, width, pixels.shape[2]), np.uint8)
    down, across = (height - pixels.shape[0]) // 2, (width - pixels.shape[1]) // 2
    shown = pixels[max(-down, 0) :, max(-across, 0) :][:height, :width]
    top, left = max(down, 0), max(across, 0)
    canvas[top : top + shown.shape[0], left : left + shown.shape[1]] = shown
    return canvas


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
