"""Pictures as recordings, written by Pillow."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from edgenode import plugin
from edgenode.sense.sources import _pictures
from tests.sense.sources.colours import GREEN, RED, plain

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
