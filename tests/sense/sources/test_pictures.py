"""Pictures as recordings, written by Pillow."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image, ImageFile, ImageOps

from edgenode import plugin
from edgenode.sense.sources import _pictures
from edgenode.sense.sources._reading import UNDECODED, Flaws
from tests.sense.sources.colours import BLUE, GREEN, RED, plain
from tests.sense.sources.pictures import corners, odd_exif, png_of_size, saved, seeds

if TYPE_CHECKING:
    from tests.sense.sources.conftest import Recordings


def test_a_picture_is_one_piece_in_full_size(tmp_path: Path) -> None:
    path = tmp_path / "red.png"
    Image.fromarray(plain(RED)).save(path)

    (piece,) = _pictures.read(path, 0.5)

    assert np.array_equal(piece.data, plain(RED))
    assert (piece.at_s, piece.until_s) == (0.0, 0.5)


@pytest.mark.parametrize("mode", ["RGBA", "L", "P", "CMYK"])
def test_a_picture_of_any_mode_becomes_rgb(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "grey.tiff"
    Image.fromarray(plain((102, 102, 102))).convert(mode).save(path)

    (piece,) = _pictures.read(path, 1)

    assert piece.data.shape == (32, 64, 3)
    assert np.abs(piece.data.astype(int) - 102).max() <= 1


def test_a_picture_is_turned_upright_as_its_exif_says(tmp_path: Path) -> None:
    path = tmp_path / "turned.png"
    pixels = plain(RED)
    pixels[:, 32:] = GREEN
    exif = Image.Exif()
    exif[0x0112] = 6  # stored lying on its left side: turn it clockwise
    Image.fromarray(pixels).save(path, exif=exif)

    (piece,) = _pictures.read(path, 1)

    assert piece.data.shape == (64, 32, 3)
    assert tuple(piece.data[0, 0]) == RED
    assert tuple(piece.data[-1, 0]) == GREEN


@pytest.mark.parametrize("orientation", range(10))
@pytest.mark.parametrize("form", ["PNG", "TIFF", "WEBP"])
def test_every_orientation_is_turned_as_pillow_turns_it(
    recordings: "Recordings", form: str, orientation: int
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"exif": exif} | ({"lossless": True} if form == "WEBP" else {})
    path = recordings.raw("turned", saved(Image.fromarray(corners()), form, **options))

    (piece,) = _pictures.read(path, 1)

    with Image.open(path) as picture:
        upright = ImageOps.exif_transpose(picture)
    assert np.array_equal(piece.data, np.asarray(upright.convert("RGB")))


def test_another_tag_of_exif_may_be_odd(recordings: "Recordings") -> None:
    content = saved(Image.fromarray(corners()), "JPEG", quality=95, exif=odd_exif(6))

    (piece,) = _pictures.read(recordings.raw("odd.jpg", content), 1)

    assert piece.data.shape == (24, 16, 3)
    assert np.abs(piece.data[2, 2].astype(int) - BLUE).max() <= 12


@pytest.mark.parametrize("exif", [b"", b"Exif\0\0", b"Exif\0\0II*\0\xff\xff\xff\xff", b"\0" * 99])
def test_exif_that_is_damaged_costs_no_picture(recordings: "Recordings", exif: bytes) -> None:
    path = recordings.raw("odd.jpg", saved(Image.fromarray(corners()), "JPEG", exif=exif))

    (piece,) = _pictures.read(path, 1)

    assert piece.data.shape == (16, 24, 3)


@pytest.mark.parametrize(
    ("raised", "told"),
    [
        (MemoryError(), "there is not enough memory for it; "),
        (RuntimeError("Failed to\ndecode"), "RuntimeError: Failed to decode; "),
        (NotImplementedError(), "NotImplementedError; "),
        (TypeError("not enough"), "TypeError: not enough; "),
        (SyntaxError("no header"), "no header; "),
    ],
)
def test_whatever_a_decoder_raises_is_a_recording_error(
    recordings: "Recordings", monkeypatch: pytest.MonkeyPatch, raised: Exception, told: str
) -> None:
    def load(_: object) -> None:
        raise raised

    path = recordings.raw("a.png", saved(Image.fromarray(corners()), "PNG"))
    monkeypatch.setattr(ImageFile.ImageFile, "load", load)

    with pytest.raises(plugin.RecordingError, match=rf"^recording '.*a\.png': {told}"):
        list(_pictures.read(path, 1))


def test_a_large_jpeg_is_decoded_at_a_part_of_its_size(recordings: "Recordings") -> None:
    path = recordings.raw("large.jpg", saved(Image.new("L", (10_000, 6_000), 77), "JPEG"))

    (piece,) = _pictures.read(path, 1)

    assert piece.data.shape == (3_000, 5_000, 3)
    assert set(np.unique(piece.data)) == {77}


def test_a_large_jpeg_of_several_pictures_is_decoded_smaller_and_only_the_first(
    recordings: "Recordings",
) -> None:
    large = Image.new("L", (10_000, 6_000), 77)
    content = saved(large, "MPO", save_all=True, append_images=[Image.new("L", (8, 8))])

    (piece,) = _pictures.read(recordings.raw("large.mpo", content), 1)

    assert piece.data.shape == (3_000, 5_000, 3)


def test_a_large_progressive_jpeg_is_refused(recordings: "Recordings") -> None:
    content = saved(Image.new("L", (10_000, 6_000)), "JPEG", progressive=True)

    with pytest.raises(plugin.RecordingError, match=r"or save it as a JPEG that is not progressi"):
        list(_pictures.read(recordings.raw("large.jpg", content), 1))


def test_another_large_picture_is_refused_with_its_size(recordings: "Recordings") -> None:
    path = recordings.raw("large.png", png_of_size(20_000, 10_000))

    with pytest.raises(
        plugin.RecordingError,
        match=r"it is too large: 20000x10000, 200 million pixels; scale it to 50 million",
    ):
        list(_pictures.read(path, 1))


@pytest.mark.parametrize("name", ["a.jfif", "a.jpe", "a.gif", "a", "a.heic", "a.mp4"])
def test_a_picture_is_known_by_its_bytes(recordings: "Recordings", name: str) -> None:
    path = recordings.raw(name, saved(Image.fromarray(corners()), "JPEG"))

    assert _pictures.knows(path)


def test_every_format_is_read(recordings: "Recordings") -> None:
    for suffix, content in seeds():
        pieces = list(_pictures.read(recordings.raw(f"picture.{suffix}", content), 1))

        assert pieces, suffix


@pytest.mark.parametrize("form", ["GIF", "PNG", "WEBP", "AVIF"])
def test_an_animation_is_a_film(recordings: "Recordings", form: str) -> None:
    first, *rest = (Image.fromarray(plain(colour)) for colour in (RED, GREEN, BLUE))
    content = saved(first, form, save_all=True, append_images=rest, duration=[200, 300, 400])

    pieces = list(_pictures.read(recordings.raw("film", content), 1))

    assert [piece.at_s for piece in pieces] == pytest.approx([0, 0.2, 0.5])
    assert pieces[-1].until_s == pytest.approx(0.9)
    for piece, colour in zip(pieces, (RED, GREEN, BLUE), strict=True):
        assert np.abs(piece.data[3, 3].astype(int) - colour).max() <= 6


def test_an_animation_has_no_more_frames_than_demanded(recordings: "Recordings") -> None:
    films = [Image.fromarray(plain((shade, 0, 0))) for shade in range(0, 200, 20)]
    content = saved(films[0], "GIF", save_all=True, append_images=films[1:], duration=100)

    pieces = list(_pictures.read(recordings.raw("a.gif", content), 1, plugin.Demand(rate_hz=2.5)))

    assert [piece.at_s for piece in pieces] == pytest.approx([0, 0.4, 0.8])


def test_the_pages_of_a_tiff_are_pictures_of_their_own(recordings: "Recordings") -> None:
    pages = [Image.fromarray(plain(RED)), Image.fromarray(corners())]
    content = saved(pages[0], "TIFF", save_all=True, append_images=pages[1:])

    first, second = _pictures.read(recordings.raw("pages.tif", content), 0.5)

    assert (first.at_s, second.at_s, second.until_s) == (0.0, 0.5, 1.0)
    assert np.array_equal(second.data, corners())


def test_a_smaller_copy_among_the_pages_is_left_out(recordings: "Recordings") -> None:
    whole, copy = Image.fromarray(corners()), Image.fromarray(corners()[::2, ::2])
    copy.encoderinfo = {"tiffinfo": {_pictures.PAGE_KIND: 1}}

    pieces = list(
        _pictures.read(
            recordings.raw("a.tif", saved(whole, "TIFF", save_all=True, append_images=[copy])), 1
        )
    )

    assert [piece.data.shape for piece in pieces] == [(16, 24, 3)]


def test_the_still_of_an_animation_for_others_is_left_out(recordings: "Recordings") -> None:
    still, *frames = (Image.fromarray(plain(colour)) for colour in (RED, GREEN, BLUE))
    content = saved(still, "PNG", save_all=True, append_images=frames, default_image=True)

    pieces = list(_pictures.read(recordings.raw("a.png", content), 1))

    assert [tuple(piece.data[0, 0]) for piece in pieces] == [GREEN, BLUE]


def test_a_page_that_is_damaged_is_counted_and_the_others_are_read(
    recordings: "Recordings",
) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (64, 64, 3), np.uint8)
    pages = [Image.fromarray(plain(RED)), Image.fromarray(noise), Image.fromarray(corners())]
    content = saved(
        pages[0], "TIFF", save_all=True, append_images=pages[1:], compression="tiff_adobe_deflate"
    )
    middle = content.index(noise_of(content))
    flaws = Flaws()

    pieces = list(
        _pictures.read(
            recordings.raw("pages.tif", content[:middle] + b"\xff" * 900 + content[middle + 900 :]),
            1,
            None,
            flaws,
        )
    )

    assert [piece.at_s for piece in pieces] == [0.0, 2.0]
    assert flaws == {UNDECODED: 1}


def noise_of(content: bytes) -> bytes:
    """Return the start of the longest part of *content* that has no run of zeros."""
    return max(content.split(b"\0\0\0"), key=len)[:900]


def test_a_frame_of_a_gif_that_is_larger_than_memory_ends_it(recordings: "Recordings") -> None:
    frames = [Image.fromarray(plain(colour)) for colour in (RED, GREEN)]
    content = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    second = content.rindex(b"\x2c\0\0\0\0")
    huge = content[: second + 5] + b"\xff" * 4 + content[second + 9 :]
    flaws = Flaws()

    pieces = list(_pictures.read(recordings.raw("a.gif", huge), 1, None, flaws))

    assert len(pieces) == 1
    assert flaws == {UNDECODED: 1}


def test_warnings_of_pillow_are_not_those_of_a_recording(recordings: "Recordings") -> None:
    palette = Image.fromarray(corners()).convert("P")
    path = recordings.raw("a.png", saved(palette, "PNG", transparency=b"\0\x80\xff"))

    # The tests turn every warning into an error.
    assert len(list(_pictures.read(path, 1))) == 1


def test_a_picture_cut_short_is_named(tmp_path: Path, recordings: "Recordings") -> None:
    noise = np.random.default_rng(1).integers(0, 255, (200, 200, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "cut.jpg")
    path = recordings.cut(tmp_path / "cut.jpg", 4000)

    with pytest.raises(plugin.RecordingError, match=r"cut\.jpg': image file is truncated.*; give"):
        list(_pictures.read(path, 1))


def test_what_is_no_picture_is_named_once(recordings: "Recordings") -> None:
    path = recordings.raw("text.png", b"this is no picture")

    with pytest.raises(plugin.RecordingError, match=r"text\.png': cannot identify image file; "):
        list(_pictures.read(path, 1))


def test_without_pillow_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)

    with pytest.raises(plugin.RecordingError, match=r"needs Pillow; pip install 'edgenode\[demo\]"):
        list(_pictures.read(Path("a.png"), 1))


@pytest.mark.shared
def test_real_pictures_are_all_read(shared: Path) -> None:
    paths = sorted((shared / "media" / "images").iterdir())

    shapes = [piece.data.shape for path in paths for piece in _pictures.read(path, 1)]

    assert len(shapes) == len(paths)
    assert {(len(shape), shape[-1]) for shape in shapes} == {(3, 3)}
