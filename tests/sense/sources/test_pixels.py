"""Pictures of more than 8 bits, of palettes, inks and transparency, as 8-bit RGB.

The values that are right are those of the formats: full scale is white.
"""

from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms

from edgenode.sense.sources import _pictures
from tests.sense.sources.pictures import corners, saved, tiff

if TYPE_CHECKING:
    from tests.sense.sources.conftest import Recordings

BITS_PER_SAMPLE, PHOTOMETRIC, WHITE_IS_ZERO = 258, 262, 0


def pixels(recordings: "Recordings", content: bytes) -> NDArray[np.uint8]:
    (piece,) = _pictures.read(recordings.raw("picture", content), 1)
    assert piece.data.dtype == np.uint8
    return piece.data


def greys(recordings: "Recordings", content: bytes) -> list[int]:
    """Return the first row of a picture that is grey."""
    found = pixels(recordings, content)
    assert (found == found[..., :1]).all()
    return [int(value) for value in found[0, :, 0]]


def row(*values: float, dtype: str) -> NDArray[np.generic]:
    return np.array([values] * 2, dtype)


def test_16_bits_of_png_are_scaled_by_their_largest_value(recordings: "Recordings") -> None:
    content = saved(Image.fromarray(row(0, 40 * 257, 257, 65535, dtype="<u2")), "PNG")

    assert greys(recordings, content) == [0, 40, 1, 255]


@pytest.mark.parametrize(("maxval", "values"), [(1023, (0, 512, 1023)), (4095, (0, 2049, 4095))])
def test_a_pgm_is_scaled_by_its_maxval(
    recordings: "Recordings", maxval: int, values: tuple[int, ...]
) -> None:
    content = b"P5 3 2 %d\n" % maxval + row(*values, dtype=">u2").tobytes()

    assert greys(recordings, content) == [0, 128, 255]


def test_a_dark_pgm_of_16_bits_stays_dark(recordings: "Recordings") -> None:
    content = b"P2 3 1 65535\n0 128 257\n"

    assert greys(recordings, content) == [0, 0, 1]


def test_12_bits_of_tiff_are_scaled_by_4095(recordings: "Recordings") -> None:
    # Two values of 12 bits in three bytes: 0xFFF 0x800.
    packed = np.frombuffer(bytes.fromhex("fff800"), np.uint8).reshape(1, 3)

    content = tiff(packed, {256: 2, BITS_PER_SAMPLE: 12, 339: 1})

    assert greys(recordings, content) == [255, 128]


@pytest.mark.parametrize(
    ("dtype", "values", "wanted"),
    [
        ("<u2", (0, 32_768, 65_535), [0, 128, 255]),
        ("<u4", (0, 2**31, 2**32 - 1), [0, 128, 255]),
        ("<i4", (0, 51, 255), [0, 51, 255]),
        ("<i4", (0, 51 * 257, 65_535), [0, 51, 255]),
        ("<i2", (-32_768, 0, 32_767), [0, 128, 255]),
        ("<f4", (0.0, 0.2, 1.0), [0, 51, 255]),
        ("<f4", (0.0, 0.2, 0.4), [0, 51, 102]),
        ("<f4", (0.0, 51.0, 200.0), [0, 51, 200]),
        ("<f4", (0.0, 0.5, 2.5), [0, 51, 255]),
        ("<f4", (-1.0, 0.0, 1.0), [0, 128, 255]),
    ],
)
def test_tiffs_of_any_type_are_scaled_and_not_clipped(
    recordings: "Recordings", dtype: str, values: tuple[float, ...], wanted: list[int]
) -> None:
    assert greys(recordings, tiff(row(*values, dtype=dtype), {})) == wanted


def test_what_is_no_number_is_black_and_infinity_white(recordings: "Recordings") -> None:
    content = tiff(row(np.nan, 0.2, np.inf, -np.inf, dtype="<f4"), {})

    assert greys(recordings, content) == [0, 51, 255, 0]


@pytest.mark.parametrize("dtype", ["<u1", "<u2"])
def test_where_zero_is_white_it_is_white(recordings: "Recordings", dtype: str) -> None:
    most = np.iinfo(dtype).max

    content = tiff(row(0, most, dtype=dtype), {PHOTOMETRIC: WHITE_IS_ZERO})

    assert greys(recordings, content) == [255, 0]


def test_a_float_map_is_read(recordings: "Recordings") -> None:
    content = b"Pf 3 1 -1.0\n" + row(0.0, 0.2, 1.0, dtype="<f4")[0].tobytes()

    assert greys(recordings, content) == [0, 51, 255]


@pytest.mark.parametrize("mode", ["P", "RGBA", "CMYK", "YCbCr"])
def test_colours_are_kept_in_any_mode(recordings: "Recordings", mode: str) -> None:
    form = "PNG" if mode in {"P", "RGBA"} else "TIFF"

    picture = Image.fromarray(corners()).convert(mode, palette=Image.Palette.ADAPTIVE)

    found = pixels(recordings, saved(picture, form))

    assert np.abs(found.astype(int) - corners()).max() <= 2


def test_colours_of_lab_are_kept(recordings: "Recordings") -> None:
    lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    skin = np.full((4, 4, 3), (200, 150, 120), np.uint8)
    picture = ImageCms.profileToProfile(Image.fromarray(skin), srgb, lab, outputMode="LAB")
    assert picture

    found = pixels(recordings, saved(picture, "TIFF"))

    assert np.abs(found.astype(int) - skin).max() <= 4


@pytest.mark.parametrize("transparency", [0, b"\0\x80\xff"])
def test_transparency_is_left_out(recordings: "Recordings", transparency: object) -> None:
    picture = Image.fromarray(corners()).convert("P")

    found = pixels(recordings, saved(picture, "PNG", transparency=transparency))

    assert np.array_equal(found, np.asarray(picture.convert("RGB")))


def test_16_bits_with_a_transparent_grey_are_scaled(recordings: "Recordings") -> None:
    picture = Image.fromarray(row(0, 51 * 257, 65535, dtype="<u2"))

    content = saved(picture, "PNG", transparency=0)

    assert greys(recordings, content) == [0, 51, 255]


def test_a_picture_is_the_same_where_it_is_read_in_several_strips(
    recordings: "Recordings", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edgenode.sense.sources._pixels.STRIP_PIXELS", 60)
    noise = np.random.default_rng(1).integers(0, 256, (23, 17, 3), np.uint8)

    assert np.array_equal(pixels(recordings, saved(Image.fromarray(noise), "PNG")), noise)
