"""Films as they are met: of many kinds, turned, damaged, with odd clocks and odd names."""

import os
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from edgenode import plugin
from edgenode.sense.sources import _frames, _video
from edgenode.sense.sources._reading import DISBELIEVED, MISSING, UNDECODED, Flaws, Piece
from tests.sense.sources import films
from tests.sense.sources.colours import BLUE, GREEN, RED
from tests.sense.sources.pictures import corners, saved, tiff

if TYPE_CHECKING:
    from tests.sense.sources.conftest import Recordings

GREY = (90, 90, 90)


def read(path: Path, **demand: object) -> tuple[list[Piece], Flaws]:
    """Return the pieces of the film and its flaws, as the source reads it."""
    flaws = Flaws()
    wanted = plugin.Demand(**demand)  # type: ignore[arg-type]
    _frames.probe(path)
    return list(_frames.read(path, 1.0, wanted, flaws)), +flaws


def quarters(pixels: NDArray[np.uint8]) -> list[tuple[int, ...]]:
    """Return which of the four colours is nearest in each quarter, from the top left on."""
    height, width, _ = pixels.shape
    places = [(y, x) for y in (height // 4, -height // 4) for x in (width // 4, -width // 4)]
    return [
        min((RED, GREEN, BLUE, GREY), key=lambda one: int(np.abs(pixels[at] - np.int_(one)).sum()))
        for at in places
    ]


@pytest.mark.parametrize(("suffix", "content"), list(films.seeds()))
def test_films_of_every_kind_are_read_to_their_end(
    recordings: "Recordings", suffix: str, content: bytes
) -> None:
    pieces, flaws = read(recordings.raw(f"film.{suffix}", content))

    assert len(pieces) == {"ts": 12, "mp4": len(pieces)}.get(suffix, 6)
    assert not flaws[UNDECODED]
    times = [piece.at_s for piece in pieces]
    assert np.diff(times) == pytest.approx([0.04] * (len(pieces) - 1))
    assert pieces[-1].until_s == pytest.approx(times[-1] + 0.04)


@pytest.mark.parametrize("name", ["film", "film.txt", "film.wmv", "film.jpg.part"])
def test_a_film_is_known_by_its_bytes(recordings: "Recordings", name: str) -> None:
    pieces, _ = read(recordings.raw(name, films.film(films.shades())))

    assert len(pieces) == 10


@pytest.mark.parametrize(
    "name",
    [
        *("12:30:00.mp4", "pipe:0", "concat:a|b.ts", "data:x.mp4", "http:host", "-i.mp4"),
        *("%03d.mp4", os.fsdecode(b"h\xf6f.mp4"), "file:x.mp4", "a?b*c.mp4", "a\nb.mp4"),
    ],
)
def test_no_name_is_anything_but_a_name(
    recordings: "Recordings", monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(recordings.folder)
    recordings.raw(name, films.film(films.shades()))

    pieces, _ = read(Path(name))

    assert len(pieces) == 10


def test_a_title_in_latin_1_does_not_matter(recordings: "Recordings") -> None:
    content = films.film(films.shades(), "matroska", title="caf~ noir")
    assert b"caf~ noir" in content

    pieces, _ = read(recordings.raw("a.mkv", content.replace(b"caf~ noir", b"caf\xe9 noir")))

    assert len(pieces) == 10


def test_without_a_rate_every_frame_is_read_also_where_the_time_goes_back(
    recordings: "Recordings",
) -> None:
    part = films.film(films.shades(), "mpegts")
    ahead = films.film(films.shades(), "mpegts", times=range(90_000, 90_010))

    pieces, flaws = read(recordings.raw("joined.ts", part + ahead + part))

    assert [piece.at_s for piece in pieces] == pytest.approx([0.04 * n for n in range(30)])
    assert pieces[-1].until_s == pytest.approx(1.2)
    assert (flaws[DISBELIEVED], flaws[UNDECODED]) == (2, 0)


def test_with_a_rate_the_time_that_goes_back_drops_nothing_more(recordings: "Recordings") -> None:
    part = films.film(films.shades(25), "mpegts")

    pieces, _ = read(recordings.raw("joined.ts", part + part), rate_hz=5)

    assert [piece.at_s for piece in pieces] == pytest.approx([0.2 * n for n in range(10)])


def test_a_packet_that_cannot_be_decoded_does_not_end_the_film(recordings: "Recordings") -> None:
    path = recordings.raw("a.mp4", films.film(films.shades(), g="1"))
    films.with_bad_packet(path, 4)

    pieces, flaws = read(path)

    assert len(pieces) == 9
    assert flaws == {UNDECODED: 1}
    assert [round(piece.at_s / 0.04) for piece in pieces] == [0, 1, 2, 3, 5, 6, 7, 8, 9]


def test_a_film_of_which_nothing_can_be_decoded_is_refused(recordings: "Recordings") -> None:
    path = recordings.raw("a.mp4", films.film(films.shades(3), g="1"))
    for number in range(3):
        films.with_bad_packet(path, number)

    with pytest.raises(plugin.RecordingError, match=r"no frame in it that can be decoded; give a"):
        read(path)


@pytest.mark.parametrize(("form", "codec"), [("matroska", "libx264"), ("flv", "flv")])
def test_an_end_that_is_missing_is_told(recordings: "Recordings", form: str, codec: str) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (20, 32, 48, 3), np.uint8)
    content = films.film(list(noise), form, codec)

    whole, no_flaws = read(recordings.raw("whole", content))
    cut, flaws = read(recordings.raw("cut", content[: len(content) // 2]))

    assert (len(whole), no_flaws) == (20, {})
    assert len(cut) + flaws[MISSING] == pytest.approx(20, abs=1)


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ((1, 0, 0, 1), (RED, GREEN, BLUE, GREY)),
        ((-1, 0, 0, 1), (GREEN, RED, GREY, BLUE)),
        ((1, 0, 0, -1), (BLUE, GREY, RED, GREEN)),
        ((-1, 0, 0, -1), (GREY, BLUE, GREEN, RED)),
        ((0, 1, -1, 0), (BLUE, RED, GREY, GREEN)),
        ((0, -1, 1, 0), (GREEN, GREY, RED, BLUE)),
        ((0, 1, 1, 0), (RED, BLUE, GREEN, GREY)),
        ((0, -1, -1, 0), (GREY, GREEN, BLUE, RED)),
        ((0, 0, 0, 0), (RED, GREEN, BLUE, GREY)),
        ((0.0008727, 0.9999996, -0.9999996, 0.0008727), (BLUE, RED, GREY, GREEN)),
    ],
)
@pytest.mark.parametrize("size", [None, (32, 32)])
def test_a_film_is_turned_as_its_matrix_says(
    recordings: "Recordings",
    values: tuple[float, ...],
    wanted: tuple[tuple[int, ...], ...],
    size: tuple[int, int] | None,
) -> None:
    content = films.with_matrix(films.film([corners()] * 2), *values)

    pieces, _ = read(recordings.raw("a.mp4", content), size=size, fit="letterbox")

    lying = abs(values[0]) > 0.5 or not any(values)
    full = (16, 24) if lying else (24, 16)
    letterboxed = (21, 32) if lying else (32, 21)
    assert pieces[0].data.shape[:2] == (letterboxed if size else full)
    assert tuple(quarters(pieces[0].data)) == wanted


def test_a_film_of_jpegs_is_turned_as_their_exif_says(recordings: "Recordings") -> None:
    from PIL import Image

    exif = Image.Exif()
    exif[0x112] = 6
    content = saved(Image.fromarray(corners()), "JPEG", exif=exif) * 3

    pieces, _ = read(recordings.raw("a.mjpeg", content))

    assert [piece.data.shape for piece in pieces] == [(24, 16, 3)] * 3
    assert quarters(pieces[0].data) == [BLUE, RED, GREY, GREEN]


@pytest.mark.parametrize(
    ("aspect", "shape"),
    [(Fraction(2), (16, 48)), (Fraction(1, 2), (32, 24)), (Fraction(4, 3), (16, 32))],
)
def test_pixels_that_are_not_square_become_so(
    recordings: "Recordings", aspect: Fraction, shape: tuple[int, int]
) -> None:
    pieces, _ = read(recordings.raw("a.mp4", films.film([corners()], aspect=aspect)))

    assert pieces[0].data.shape[:2] == shape


def test_a_demand_is_met_with_square_pixels(recordings: "Recordings") -> None:
    content = films.film([corners()], aspect=Fraction(2))
    path = recordings.raw("a.mp4", films.with_matrix(content, 0, 1, -1, 0))

    (letterboxed,), _ = read(path, size=(60, 60), fit="letterbox")
    (stretched,), _ = read(path, size=(60, 60), fit="stretch")

    assert letterboxed.data.shape[:2] == (60, 20)
    assert stretched.data.shape[:2] == (60, 60)


def test_an_absurd_aspect_is_not_believed(recordings: "Recordings") -> None:
    pieces, _ = read(recordings.raw("a.mp4", films.film([corners()], aspect=Fraction(1000))))

    assert pieces[0].data.shape[:2] == (16, 24)


def test_a_cover_is_no_film_even_if_it_comes_first(recordings: "Recordings") -> None:
    path = recordings.folder / "a.mp4"
    films.with_cover(path, np.zeros((64, 64, 3), np.uint8), [corners()] * 5)
    path.write_bytes(films.cover_first(path.read_bytes()))

    pieces, _ = read(path)

    with av.open(str(path)) as container:
        assert [stream.width for stream in container.streams.video] == [64, 24]
    assert [piece.data.shape for piece in pieces] == [(16, 24, 3)] * 5


def test_a_cover_alone_is_no_film(recordings: "Recordings") -> None:
    path = recordings.folder / "a.mp4"
    films.with_cover(path, np.zeros((64, 64, 3), np.uint8), [])

    with pytest.raises(plugin.RecordingError, match=r"there is no picture in it but a cover; "):
        read(path)


def test_a_text_is_no_film(recordings: "Recordings") -> None:
    path = recordings.raw("notes.txt", b"\x1b[31mThese are notes, and no recording.\n" * 50)

    with pytest.raises(plugin.RecordingError, match=r"notes\.txt': it is no picture, video or s"):
        read(path)


def test_a_list_of_films_is_no_film(recordings: "Recordings") -> None:
    recordings.raw("other.mp4", films.film(films.shades()))
    path = recordings.raw("list.mp4", b"ffconcat version 1.0\nfile other.mp4\n")

    with pytest.raises(plugin.RecordingError, match=r"it is a list of other files; name a recordi"):
        read(path)


def test_an_empty_file_says_so(recordings: "Recordings") -> None:
    with pytest.raises(plugin.RecordingError, match=r"empty\.mp4': it is empty; give a whole pict"):
        read(recordings.raw("empty.mp4", b""))


def test_a_picture_that_only_ffmpeg_knows_is_read(recordings: "Recordings") -> None:
    values = np.array([[[1.0, 0.5, 0.0]] * 3] * 2, "<f4")
    path = recordings.raw("colours.pfm", b"PF\n3 2\n-1.0\n" + values.tobytes())

    pieces, _ = read(path)

    assert [tuple(piece.data[0, 0]) for piece in pieces] == [(255, 128, 0)]


def test_a_tiff_that_pillow_does_not_know_is_refused_and_not_black(
    recordings: "Recordings",
) -> None:
    double = tiff(np.full((2, 2), 0.5, "<f8"), {})

    for name in ("a.tif", "a"):
        with pytest.raises(plugin.RecordingError, match=r"cannot identify image file; give a whol"):
            read(recordings.raw(name, double))


def test_a_film_of_frames_that_are_too_large_is_refused(recordings: "Recordings") -> None:
    head = b"YUV4MPEG2 W9000 H9000 F25:1 Ip A1:1 C420jpeg\nFRAME\n"
    path = recordings.raw("a.y4m", head + bytes(100))

    with pytest.raises(
        plugin.RecordingError, match=r"its frames are too large: 9000x9000, 81 mill"
    ):
        _video.probe(path)
