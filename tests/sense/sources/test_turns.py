"""How stored pixels are turned upright: display matrices of ISO 14496-12, 8.3.2.3."""

import struct

import numpy as np
import pytest

from edgenode.sense.sources import _turns

PIXELS = np.arange(6).reshape(2, 3)


def matrix(a: float, b: float, c: float, d: float) -> bytes:
    scaled = [round(value * 0x10000) for value in (a, b, 0, c, d, 0, 0, 0, 0x4000)]
    return struct.pack("=9i", *scaled)


def shown(a: int, b: int, c: int, d: int) -> "np.ndarray[tuple[int, int], np.dtype[np.int_]]":
    """Return what the formula of the standard shows: (p, q) at (a p + c q, b p + d q), shifted."""
    height, width = PIXELS.shape
    places = {
        (a * p + c * q, b * p + d * q): PIXELS[q, p] for q in range(height) for p in range(width)
    }
    left, top = (min(place[axis] for place in places) for axis in (0, 1))
    right, bottom = (max(place[axis] for place in places) for axis in (0, 1))
    return np.array(
        [[places[x, y] for x in range(left, right + 1)] for y in range(top, bottom + 1)]
    )


EIGHT = [(a, 0, 0, d) for a in (1, -1) for d in (1, -1)]
EIGHT += [(0, b, c, 0) for b in (1, -1) for c in (1, -1)]


@pytest.mark.parametrize("values", EIGHT)
def test_each_of_the_eight_is_as_the_standard_says(values: tuple[int, int, int, int]) -> None:
    turned = _turns.of_matrix(matrix(*values)).apply(PIXELS)

    assert np.array_equal(turned, shown(*values))


@pytest.mark.parametrize("values", EIGHT)
def test_a_hundredth_of_a_turn_beside_it_is_the_same(values: tuple[int, int, int, int]) -> None:
    off = np.deg2rad(0.05)
    a, b, c, d = (np.array(values).reshape(2, 2) @ rotation(off)).ravel()

    assert _turns.of_matrix(matrix(a, b, c, d)) == _turns.of_matrix(matrix(*values))


def rotation(angle: float) -> "np.ndarray[tuple[int, int], np.dtype[np.float64]]":
    return np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])


@pytest.mark.parametrize("data", [matrix(0, 0, 0, 0), b"", b"short"])
def test_no_matrix_turns_nothing(data: bytes) -> None:
    assert _turns.of_matrix(data) == _turns.UPRIGHT


@pytest.mark.parametrize(
    ("degrees", "quarters"),
    [(0, 0), (90, 1), (89, 1), (-90, 3), (-180, 2), (179, 2), (-(2**31), 0)],
)
def test_a_rotation_is_brought_to_the_nearest_quarter(degrees: float, quarters: int) -> None:
    assert np.array_equal(_turns.of_rotation(degrees).apply(PIXELS), np.rot90(PIXELS, quarters))


def test_a_size_is_that_of_what_is_turned() -> None:
    for values in EIGHT:
        turn = _turns.of_matrix(matrix(*values))

        height, width = turn.apply(PIXELS).shape
        assert turn.size((3, 2)) == (width, height)
