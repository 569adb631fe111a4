"""Turns pictures upright: the eight ways in which a camera may have been held, and mirrored."""

import struct
from typing import NamedTuple

import numpy as np

from edgenode import plugin

_matrix = struct.Struct("=9i")


class Turn(NamedTuple):
    """What to do with stored pixels: first swap rows and columns, then reverse either."""

    swap: bool = False
    rows: bool = False
    columns: bool = False

    def apply(self, pixels: plugin.Tensor) -> plugin.Tensor:
        """Return *pixels* [height, width, ...] upright, in memory of their own if they move."""
        upright = pixels.swapaxes(0, 1) if self.swap else pixels
        upright = upright[:: -1 if self.rows else 1, :: -1 if self.columns else 1]
        return np.ascontiguousarray(upright)

    def size(self, stored: tuple[int, int]) -> tuple[int, int]:
        """Return width and height of what is *stored* with these; its own inverse."""
        return (stored[1], stored[0]) if self.swap else stored


UPRIGHT = Turn()
FULL_TURN = 360

_by_orientation = {
    2: Turn(columns=True),
    3: Turn(rows=True, columns=True),
    4: Turn(rows=True),
    5: Turn(swap=True),
    6: Turn(swap=True, columns=True),
    7: Turn(swap=True, rows=True, columns=True),
    8: Turn(swap=True, rows=True),
}


def of_orientation(orientation: object) -> Turn:
    """Return the turn for a value of EXIF's tag 0x112; none for a value it does not have."""
    return _by_orientation.get(orientation, UPRIGHT) if isinstance(orientation, int) else UPRIGHT


def of_matrix(data: bytes) -> Turn:
    """Return the turn of a film's display matrix: nine int32 in the machine's byte order.

    They are a b u, c d v, x y w of ISO 14496-12, 8.3.2.3: a pixel at (p, q) is shown at
    (a p + c q, b p + d q), plus a shift. What is no multiple of 90 degrees is brought to the
    nearest, as there is no picture without corners otherwise; zeros turn nothing.
    """
    if len(data) < _matrix.size:
        return UPRIGHT
    a, b, _, c, d, *_ = _matrix.unpack_from(data)
    if abs(a) + abs(d) >= abs(b) + abs(c):
        return Turn(rows=d < 0, columns=a < 0)
    return Turn(swap=True, rows=b < 0, columns=c < 0)


def of_rotation(degrees: float) -> Turn:
    """Return the turn by the quarter that is nearest to *degrees*, counterclockwise.

    What is beyond a whole turn comes of a matrix that has no angle, and turns nothing.
    """
    if abs(degrees) > FULL_TURN:
        return UPRIGHT
    return _by_orientation.get((1, 8, 3, 6)[round(degrees / 90) % 4], UPRIGHT)
