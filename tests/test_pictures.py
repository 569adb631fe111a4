"""Pictures in another size, for plugins of any author, and points back in the frame."""

import sys

import numpy as np
import pytest

from edgenode import plugin
from edgenode.errors import DeviceError, PluginError

WIDE = np.arange(4 * 8, dtype=np.uint8).reshape(4, 8)
"""Four rows of eight, each pixel another."""


@pytest.mark.parametrize("channels", [(), (1,), (3,), (4,)])
def test_the_axes_stay_whatever_the_channels(channels: tuple[int, ...]) -> None:
    pixels = np.zeros((4, 8, *channels), np.uint8)

    shapes = {fit(pixels, 6, 6).shape for fit in (plugin.resize, plugin.letterbox, plugin.crop)}

    assert shapes == {(6, 6, *channels)}


def test_a_picture_of_the_right_size_is_itself() -> None:
    assert plugin.resize(WIDE, 8, 4) is WIDE
    assert plugin.letterbox(WIDE, 8, 4) is WIDE


def test_a_letterbox_keeps_the_aspect_and_pads_with_black() -> None:
    boxed = plugin.letterbox(WIDE + 1, 8, 8)

    assert np.array_equal(boxed[2:6], WIDE + 1)
    assert not boxed[:2].any()
    assert not boxed[6:].any()


def test_a_crop_keeps_the_middle() -> None:
    assert np.array_equal(plugin.crop(WIDE, 4, 4), WIDE[:, 2:6])


def test_half_the_size_has_the_weighted_mean_of_its_neighbours() -> None:
    # A triangle of twice the width, as Pillow and torch's antialias take it: 1, 3, 3, 1 of 8.
    edge = np.repeat(np.array([[0, 0, 0, 0, 80, 80, 80, 80]], np.uint8), 2, axis=0)

    row = plugin.resize(edge, 4, 1)[0]

    assert row.tolist() == [0, 10, 70, 80]


@pytest.mark.parametrize(
    ("fit", "back"),
    [
        ("stretch", [[0.5, 0.5, 0.0, 1.0]]),
        ("letterbox", [[0.5, 0.5, 0.0, 1.0]]),
        ("crop", [[0.5, 0.5, 0.0, 0.75]]),
    ],
)
def test_points_of_the_picture_are_brought_back_into_the_frame(
    fit: plugin.PictureFit, back: list[list[float]]
) -> None:
    points = np.array([[0.5, 0.5, 0.0, 1.0]])

    found = plugin.restore(points, WIDE, 8, 8, fit)

    assert found.tolist() == back
    assert points.tolist() == [[0.5, 0.5, 0.0, 1.0]]


def test_a_point_on_the_padding_is_clamped_and_none_stays_none() -> None:
    points = np.array([[0.25, 0.0, 0.9, np.nan]])

    found = plugin.restore(points, WIDE, 8, 8, "letterbox")

    assert found[0, :3].tolist() == [0.0, 0.0, 1.0]
    assert np.isnan(found[0, 3])


@pytest.mark.parametrize(
    "pixels", [np.zeros((4, 4)), np.zeros((4, 4, 2), np.uint8), np.zeros((1, 4, 4, 3), np.uint8)]
)
def test_what_is_no_picture_of_bytes_is_named_with_what_would_be(pixels: plugin.Tensor) -> None:
    shape = rf"pixels of \w+ \[{', '.join(map(str, pixels.shape))}\] cannot be resized: give uint8"

    with pytest.raises(PluginError, match=shape):
        plugin.resize(pixels, 2, 2)


def test_without_pillow_the_cure_is_its_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)

    with pytest.raises(DeviceError, match=r"8x4 must be resized to 2x2, which needs Pillow"):
        plugin.resize(WIDE, 2, 2)
