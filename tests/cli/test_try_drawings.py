"""`edgenode try --draw`: what it writes, and under which names."""

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from edgenode.cli import _film

Try = Callable[..., tuple[int, list[str], list[str]]]

CODE = """
    from edgenode import plugin

    class Corner(plugin.Plugin[plugin.PluginOptions, plugin.Frame]):
        takes = plugin.Frame
        def prepare(self, sample):
            return sample.pixels
        def decode(self, outputs, sample):
            return (plugin.Detection("corner", 0.5, plugin.Box(0.5, 0.5, 1.0, 1.0)),)
    """


@pytest.fixture
def corner(install: Callable[[str, str, str], None], bare: Try) -> Try:
    """Return a function that tries a plugin that finds the lower right corner in every frame."""
    install("corner", "[edgenode.plugins]\ncorner = corner:Corner\n", CODE)
    return lambda *words: bare("corner", *words)


def shade(value: int) -> Image.Image:
    return Image.new("RGB", (40, 30), (value, value, value))


def write_film(path: Path, shades: list[int], size: tuple[int, int] = (40, 30)) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=5)
        stream.width, stream.height = size
        for value in shades:
            picture = Image.new("RGB", size, (value, value, value))
            container.mux(stream.encode(av.VideoFrame.from_image(picture)))
        container.mux(stream.encode(None))
    return path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def film_of(path: Path) -> list[tuple[float, int]]:
    """Return the time and the upper left pixel of each frame of a drawn film."""
    with av.open(str(path)) as container:
        return [
            (round(frame.time, 2), int(frame.to_ndarray(format="gray")[2, 2]))
            for frame in container.decode(video=0)
        ]


def test_pictures_of_one_name_are_all_drawn(corner: Try, tmp_path: Path) -> None:
    pictures = []
    for number, folder in enumerate("abc"):
        (tmp_path / folder).mkdir()
        pictures.append(tmp_path / folder / "x.png")
        shade(50 * number).save(pictures[-1])
    shade(200).save(tmp_path / "X.bmp")

    status, lines, _ = corner("--draw", tmp_path / "out", *pictures, tmp_path / "X.bmp")

    assert (status, len(lines)) == (0, 4)
    assert names(tmp_path / "out") == ["X.bmp.png", "x-2.png", "x.png", "x.png.png"]
    drawn = {int(np.asarray(Image.open(path))[0, 0, 0]) for path in (tmp_path / "out").iterdir()}
    assert drawn == {0, 50, 100, 200}


def test_a_film_is_drawn_as_a_film_of_the_same_times(corner: Try, tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.avi", [0, 100, 200])

    status, lines, _ = corner("--draw", tmp_path / "out", film)

    assert (status, len(lines)) == (0, 3)
    assert names(tmp_path / "out") == ["film.mp4"]
    times, shades = zip(*film_of(tmp_path / "out" / "film.mp4"), strict=True)
    assert times == (0.0, 0.2, 0.4)
    assert np.abs(np.array(shades) - (0, 100, 200)).max() <= 20


def test_a_film_may_be_drawn_as_pictures(corner: Try, tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.avi", [0, 100, 200])

    corner("--draw", tmp_path / "out", "--frames", film)

    assert names(tmp_path / "out") == [f"film-{number:06d}.jpg" for number in range(3)]


def test_an_animation_is_drawn_as_a_film_and_a_film_of_one_frame_as_a_picture(
    corner: Try, tmp_path: Path
) -> None:
    shade(0).save(
        tmp_path / "moves.gif", save_all=True, append_images=[shade(100), shade(200)], duration=100
    )
    film = write_film(tmp_path / "one.avi", [100])

    corner("--draw", tmp_path / "out", tmp_path / "moves.gif", film)

    assert names(tmp_path / "out") == ["moves.mp4", "one.png"]
    assert len(film_of(tmp_path / "out" / "moves.mp4")) == 3


def test_films_of_one_name_and_of_odd_sizes_are_all_drawn(corner: Try, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    one = write_film(tmp_path / "film.mkv", [0, 100], (42, 30))
    shade(0).crop((0, 0, 33, 21)).save(
        tmp_path / "a" / "film.gif", save_all=True, append_images=[shade(9).crop((0, 0, 33, 21))]
    )

    status, _, errors = corner("--draw", tmp_path / "out", one, tmp_path / "a" / "film.gif")

    assert (status, errors) == (0, [])
    assert names(tmp_path / "out") == ["film.gif.mp4", "film.mp4"]


def test_without_x264_films_are_drawn_in_mpeg_4(
    corner: Try, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_film, "CODECS", ("no-such-codec", "mpeg4"))
    film = write_film(tmp_path / "film.avi", [0, 100])

    corner("--draw", tmp_path / "out", film)

    assert [time for time, _ in film_of(tmp_path / "out" / "film.mp4")] == [0.0, 0.2]


def test_without_an_encoder_pictures_are_named_as_the_way_out(
    corner: Try, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_film, "CODECS", ("no-such-codec",))
    film = write_film(tmp_path / "film.avi", [0, 100])

    status, _, errors = corner("--draw", tmp_path / "out", film)

    assert status == 2
    assert errors[-1].endswith("film.mp4'; ask for pictures with --frames")


def test_a_film_that_cannot_be_written_is_named(corner: Try, tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.avi", [0, 100])
    (tmp_path / "out" / "film.mp4").mkdir(parents=True)

    status, _, errors = corner("--draw", tmp_path / "out", film)

    assert status == 2
    (error,) = errors
    assert error.endswith("out/film.mp4': Is a directory; name a folder you may write")


def test_frames_without_a_folder_to_draw_in_are_refused(corner: Try, tmp_path: Path) -> None:
    status, lines, errors = corner("--frames", tmp_path / "any.png")

    assert (status, lines) == (2, [])
    assert errors == ["edgenode: --frames: nothing is drawn; name a folder with --draw"]
