"""Brings pictures of any kind of pixel into 8-bit RGB, scaled and not clipped, strip by strip."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from edgenode import plugin

if TYPE_CHECKING:
    from PIL.Image import Image

STRIP_PIXELS = 1 << 20
BITS_PER_SAMPLE, PHOTOMETRIC, SAMPLE_FORMAT = 258, 262, 339
"""Tags of TIFF."""

WHITE_IS_ZERO, UNSIGNED = 0, 1
WHITES = (255.0, 65_535.0, 4_294_967_295.0)
"""The brightest whole numbers of 8, 16 and 32 bits."""

_between = {"La": "LA", "RGBa": "RGBA"}


class Range(NamedTuple):
    """The values of black and white in a picture of more than 8 bits."""

    black: float
    white: float


def rgb(picture: "Image") -> plugin.Tensor:
    """Return the pixels of a loaded *picture*: uint8 [height, width, 3].

    Transparency is left out: the colours are those that are stored. 16 bits are scaled by their
    largest value, 12 bits of TIFF and the maxval of PGM by theirs. For 32 bits, whole numbers or
    not, white is 1 if nothing is brighter in a picture of fractions; the largest of 8, 16 or 32
    bits, whichever is enough, in one of whole numbers, none below 0; and else the brightest there
    is. Black is 0, or the darkest if that is below. What is not a number is black.
    """
    height, width = picture.height, picture.width
    pixels = np.empty((height, width, 3), np.uint8)
    if picture.mode == "RGB":
        for top, strip in _strips(picture):
            pixels[top : top + strip.height] = np.asarray(strip)
        return pixels
    deep = (
        _range(picture) if picture.mode in {"I", "F"} or picture.mode.startswith("I;16") else None
    )
    for top, strip in _strips(picture):
        rows = pixels[top : top + strip.height]
        if deep is None:
            rows[:] = np.asarray(_shallow(strip))
        else:
            rows[:] = _scaled(_values(strip, picture), deep)[..., np.newaxis]
    return pixels


def _strips(picture: "Image") -> Iterator[tuple[int, "Image"]]:
    """Yield parts of *picture* and their first rows: whole, it would be there several times."""
    rows = max(STRIP_PIXELS // picture.width, 1)
    for top in range(0, picture.height, rows):
        yield top, picture.crop((0, top, picture.width, min(top + rows, picture.height)))


def _shallow(strip: "Image") -> "Image":
    if strip.mode == "LAB":
        from PIL import ImageCms

        lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        turned = ImageCms.profileToProfile(strip, lab, srgb, outputMode="RGB")
        if turned is not None:
            return turned
    between = _between.get(strip.mode)
    return (strip.convert(between) if between else strip).convert("RGB")


def _tag(picture: "Image", tag: int, default: int) -> int:
    """Return the first value of a TIFF's *tag*; *default* for other pictures."""
    value = getattr(picture, "tag_v2", {}).get(tag, default)
    first = value[0] if isinstance(value, tuple) and value else value
    return first if isinstance(first, int) else default


def _values(strip: "Image", picture: "Image") -> plugin.Tensor:
    values = np.asarray(strip)
    # Pillow holds 32 bits of either kind as signed ones.
    unsigned = picture.mode == "I" and _tag(picture, SAMPLE_FORMAT, 0) == UNSIGNED
    return values.view(np.uint32) if unsigned and values.dtype == np.int32 else values


def _range(picture: "Image") -> Range:
    if picture.mode.startswith("I;16"):
        # Pillow keeps those of 12 bits as they are.
        bits = _tag(picture, BITS_PER_SAMPLE, 16)
        found = Range(0.0, 2.0 ** (bits if 8 < bits < 16 else 16) - 1)  # noqa: PLR2004 bits
    elif picture.format == "PPM" and picture.mode == "I":
        # Pillow scales any maxval to 16 bits.
        found = Range(0.0, WHITES[1])
    else:
        found = _range_of_values(picture)
    if _tag(picture, PHOTOMETRIC, 1) == WHITE_IS_ZERO:
        return Range(found.white, found.black)
    return found


def _range_of_values(picture: "Image") -> Range:
    darkest, brightest, whole = 0.0, 0.0, True
    for _, strip in _strips(picture):
        values = _values(strip, picture)
        values = values[np.isfinite(values)]
        if values.size:
            darkest = min(darkest, float(values.min()))
            brightest = max(brightest, float(values.max()))
            whole = whole and (picture.mode == "I" or bool((values == np.rint(values)).all()))
    if picture.mode == "F" and brightest <= 1.0:
        return Range(darkest, 1.0)
    if whole and not darkest:
        return Range(darkest, next((white for white in WHITES if brightest <= white), brightest))
    return Range(darkest, brightest)


def _scaled(values: plugin.Tensor, deep: Range) -> plugin.Tensor:
    scale = 255.0 / (deep.white - deep.black)
    scaled = (values.astype(np.float64) - deep.black) * scale
    eight: plugin.Tensor = np.clip(np.rint(np.nan_to_num(scaled, posinf=255.0, neginf=0.0)), 0, 255)
    return eight.astype(np.uint8)
