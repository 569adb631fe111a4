"""Converts YUV 4:2:0, as a camera's image processor writes it, to RGB."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Bytes: TypeAlias = NDArray[np.uint8]
Table: TypeAlias = NDArray[np.int16]

WEIGHTS = {"Rec601": (0.299, 0.114), "Rec709": (0.2126, 0.0722), "Rec2020": (0.2627, 0.0593)}
"""Weights of red and blue in luma, by libcamera's name of the matrix."""


class Converter:
    """Converts planar YUV 4:2:0 to RGB with lookup tables; four pixels share a chroma sample.

    ``Rec601`` with full range is that of JPEG (libcamera: ``Sycc``), on which models were trained.
    Limited range is that of video: luma 16..235, chroma 16..240.
    """

    def __init__(self, matrix: str = "Rec601", *, full_range: bool = True) -> None:
        red, blue = WEIGHTS[matrix]
        green = 1.0 - red - blue
        levels = np.arange(256.0)
        luma = levels if full_range else (levels - 16.0) * (255.0 / 219.0)
        chroma = (levels - 128.0) * (1.0 if full_range else 255.0 / 224.0)
        self._luma = _table(luma)
        self._red_v = _table(2.0 * (1.0 - red) * chroma)
        self._blue_u = _table(2.0 * (1.0 - blue) * chroma)
        self._green_u = _table(-2.0 * (1.0 - blue) * blue / green * chroma)
        self._green_v = _table(-2.0 * (1.0 - red) * red / green * chroma)

    def rgb(self, planes: NDArray[Any], size: tuple[int, int]) -> Bytes:
        """Return uint8 [height, width, 3] of *planes*: uint8 [height * 3 / 2, stride].

        *size* is width and height, both even; the padding of the rows, ``stride - width`` bytes
        (half of it in the chroma planes), is cut off.
        """
        width, height = size
        y, u, v = _split(planes, width, height)
        luma = self._luma[y]
        pixels = np.empty((height, width, 3), np.uint8)
        green = self._green_u[u] + self._green_v[v]
        for channel, chroma in enumerate((self._red_v[v], green, self._blue_u[u])):
            values = chroma.repeat(2, axis=1).repeat(2, axis=0)
            # In place, and int16: sums may be below 0 and above 255 before they are clipped.
            values += luma
            np.clip(values, 0, 255, out=values)
            pixels[..., channel] = values
        return pixels


def _table(values: NDArray[np.float64]) -> Table:
    return np.rint(values).astype(np.int16)


def _split(planes: NDArray[Any], width: int, height: int) -> tuple[Bytes, Bytes, Bytes]:
    """Return the planes without padding: luma, then the two chroma planes of half the size."""
    stride = planes.shape[1]
    luma, chroma = height * stride, height // 2 * (stride // 2)
    flat = planes.reshape(-1)
    small = (height // 2, stride // 2)
    y = flat[:luma].reshape(height, stride)[:, :width]
    u = flat[luma : luma + chroma].reshape(small)[:, : width // 2]
    v = flat[luma + chroma : luma + 2 * chroma].reshape(small)[:, : width // 2]
    return y, u, v
