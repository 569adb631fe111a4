"""`edgenode try` on folders, and on files of odd names: what it calls them and where it goes on."""

import io
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from edgenode.cli import main

Try = Callable[..., tuple[int, list[str], list[str]]]

CODE = """
    from edgenode import plugin

    class Shade(plugin.Plugin[plugin.PluginOptions, plugin.Frame]):
        takes = plugin.Frame
        def prepare(self, sample):
            return sample.pixels
        def decode(self, outputs, sample):
            return (plugin.Measurement("shade", float(outputs[0].mean())),)
    """


@pytest.fixture
def shades(install: Callable[[str, str, str], None], bare: Try) -> Try:
    """Return a function that tries a plugin that says how bright a frame is."""
    install("shade", "[edgenode.plugins]\nshade = shade:Shade\n", CODE)
    return lambda *words: bare("shade", *words)


def draw(path: Path, shade: int) -> Path:
    Image.new("RGB", (8, 8), (shade, shade, shade)).save(path, "PNG")
    return path


def test_each_picture_of_a_folder_is_named(shades: Try, tmp_path: Path) -> None:
    draw(tmp_path / "b.png", 20)
    draw(tmp_path / "a", 10)
    (tmp_path / "notes.txt").write_text("not a picture")
    (tmp_path / ".hidden.png").write_bytes(b"of another system")

    status, lines, errors = shades(tmp_path)

    assert (status, errors) == (0, [])
    assert lines == ["a 0.00 s: shade 10", "b.png 0.00 s: shade 20"]


def test_in_a_folder_it_goes_on_after_a_broken_picture_and_fails_at_the_end(
    shades: Try, tmp_path: Path
) -> None:
    (tmp_path / "a.jpg").write_bytes(b"no picture at all")
    draw(tmp_path / "b.png", 20)

    status, lines, errors = shades("--json", tmp_path)

    assert status == 1
    (line,) = (json.loads(line) for line in lines)
    assert (line["file"], line["seq"]) == (str(tmp_path / "b.png"), 1)
    said, counted = errors
    assert said.startswith(f"edgenode: recording {str(tmp_path / 'a.jpg')!r}: cannot identify")
    assert counted.startswith("edgenode: 1 of 2 recordings could not be read, the first: ")


def test_a_name_that_is_not_utf_8_is_printed(shades: Try, tmp_path: Path) -> None:
    picture = draw(tmp_path / os.fsdecode(b"h\xf6f.png"), 20)

    _, (line,), _ = shades("--draw", tmp_path / "out", picture)
    _, (printed,), _ = shades("--json", picture)

    assert line == r"h\xf6f.png 0.00 s: shade 20"
    assert json.loads(printed)["file"] == f"{tmp_path}/h\\xf6f.png"
    assert [path.name for path in (tmp_path / "out").iterdir()] == [picture.name]


def test_a_name_cannot_forge_a_line(shades: Try, tmp_path: Path) -> None:
    picture = draw(tmp_path / "a\nb: person 1.00\x1b[2J.png", 20)

    _, lines, _ = shades(picture)

    assert lines == [r"a\nb: person 1.00\x1b[2J.png 0.00 s: shade 20"]


def test_a_terminal_without_the_letters_of_a_name_gets_escapes(
    shades: Try, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = draw(tmp_path / "höf.png", 20)
    terminal = io.TextIOWrapper(io.BytesIO(), "ascii")
    monkeypatch.setattr(sys, "stdout", terminal)

    status = main(["try", "shade", str(picture)])

    terminal.flush()
    assert status == 0
    assert terminal.buffer.getvalue() == b"h\\xf6f.png 0.00 s: shade 20\n"  # type: ignore[attr-defined]


def test_what_could_not_be_read_of_a_file_is_said_when_it_ends(shades: Try, tmp_path: Path) -> None:
    pages = [Image.new("RGB", (8, 8), (value, value, value)) for value in (10, 20)]
    path = tmp_path / "pages.tif"
    pages[0].save(path, save_all=True, append_images=pages[1:], compression="tiff_adobe_deflate")
    content = path.read_bytes()
    last = content.rindex(b"\x78")
    path.write_bytes(content[:last] + b"\0\0\0\0" + content[last + 4 :])

    status, lines, errors = shades(path)

    assert (status, len(lines)) == (0, 1)
    # libtiff writes a line of its own before.
    assert errors[-1] == (
        f"edgenode: recording {str(path)!r}: frames that could not be decoded: 1; all else was read"
    )
