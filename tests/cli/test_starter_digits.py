"""starter-digits as a user of a fresh clone tries it: nothing is pulled."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

Try = Callable[..., tuple[int, list[str], list[str]]]

# Lines and ovals in a picture of 280 by 280, as a hand would draw them.
STROKES = {
    "0": [("ellipse", (90, 50, 190, 230))],
    "1": [("line", (110, 80, 145, 50)), ("line", (145, 50, 145, 230))],
    "4": [
        ("line", (170, 50, 80, 160)),
        ("line", (80, 160, 205, 160)),
        ("line", (170, 50, 170, 230)),
    ],
    "7": [("line", (80, 60, 195, 60)), ("line", (195, 60, 125, 230))],
    "9": [("ellipse", (90, 50, 180, 140)), ("line", (178, 95, 150, 230))],
}


def drawn(digit: str, pen: str, paper: str, size: tuple[int, int] = (280, 280)) -> Image.Image:
    picture = Image.new("RGB", size, paper)
    canvas = ImageDraw.Draw(picture)
    aside = (size[0] - 280) // 2
    for kind, (left, top, right, bottom) in STROKES[digit]:
        place = (left + aside, top, right + aside, bottom)
        if kind == "line":
            canvas.line(place, fill=pen, width=24)
        else:
            canvas.ellipse(place, outline=pen, width=24)
    return picture


@pytest.mark.parametrize("digit", STROKES)
@pytest.mark.parametrize(("pen", "paper"), [("white", "black"), ("#202040", "#e8e4dc")])
def test_a_digit_drawn_is_read_on_a_blackboard_and_on_paper(
    bare: Try, tmp_path: Path, digit: str, pen: str, paper: str
) -> None:
    drawn(digit, pen, paper).save(tmp_path / "digit.png")

    status, (line,), _ = bare(
        "image-classification", "--model", "starter-digits", tmp_path / "digit.png"
    )

    assert status == 0
    assert re.fullmatch(rf"digit\.png 0\.00 s: {digit} [01]\.\d\d", line)


def test_a_wide_frame_is_read_by_its_middle(bare: Try, tmp_path: Path) -> None:
    drawn("9", "white", "black", (640, 280)).save(tmp_path / "wide.png")

    _, (line,), _ = bare("image-classification", "--model", "starter-digits", tmp_path / "wide.png")

    assert line.startswith("wide.png 0.00 s: 9 ")


def test_a_picture_is_not_drawn_over_itself(bare: Try, tmp_path: Path) -> None:
    picture = tmp_path / "nine.png"
    drawn("9", "white", "black").save(picture)
    before = picture.read_bytes()

    status, lines, (error,) = bare(
        "image-classification", "--model", "starter-digits", "--draw", tmp_path, picture
    )

    assert (status, lines) == (2, [])
    assert error.endswith(
        f"--draw: {str(tmp_path)!r} holds {str(picture)!r} itself; name another folder"
    )
    assert picture.read_bytes() == before


def test_two_pictures_of_one_name_are_drawn_as_two(bare: Try, tmp_path: Path) -> None:
    pictures = [tmp_path / "nine.png", tmp_path / "nine.bmp"]
    for picture in pictures:
        drawn("9", "white", "black").save(picture)

    bare("image-classification", "--model", "starter-digits", "--draw", tmp_path / "out", *pictures)

    assert {one.name for one in (tmp_path / "out").iterdir()} == {"nine.png", "nine.bmp.png"}


@pytest.mark.shared
def test_a_nine_of_mnist_is_a_nine(bare: Try, shared: Path) -> None:
    nine = shared / "media/images/mnist_nine.bmp"

    _, (line,), _ = bare("image-classification", "--model", "starter-digits", nine)

    assert re.fullmatch(r"mnist_nine\.bmp 0\.00 s: 9 0\.\d\d", line)
    assert float(line.split()[-1]) >= 0.8
