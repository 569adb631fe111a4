"""Findings drawn on pictures: in which colours, and where their captions stand."""

import numpy as np
import pytest
from numpy.typing import NDArray

from edgenode import plugin
from edgenode.cli._drawing import COLOURS, Palette, draw
from edgenode.testing import frames

HEIGHT, WIDTH = 200, 300


def rgb(colour: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(colour[1:]))


def drawn(*findings: plugin.Finding, palette: Palette | None = None) -> NDArray[np.uint8]:
    (frame,) = frames([np.zeros((HEIGHT, WIDTH, 3), np.uint8)])
    return np.asarray(draw(frame, findings, palette or Palette()))


def captions(pixels: NDArray[np.uint8], colour: str) -> NDArray[np.bool_]:
    """Return the rows in which that colour is a surface: the captions, not the lines of a box."""
    return (np.all(pixels == rgb(colour), axis=-1)).sum(axis=1) > 12


def person(left: float, top: float, right: float, bottom: float, **named: str) -> plugin.Detection:
    return plugin.Detection(named.get("label", "person"), 0.5, plugin.Box(left, top, right, bottom))


def test_each_label_has_its_own_colour_and_keeps_it() -> None:
    palette = Palette()

    first = [palette.colour(name) for name in ("person", "kite", "dog")]
    again = [palette.colour(name) for name in ("dog", "person")]

    assert first == list(COLOURS[:3])
    assert again == [COLOURS[2], COLOURS[0]]


def test_after_the_last_colour_they_begin_again() -> None:
    palette = Palette()

    given = [palette.colour(str(number)) for number in range(len(COLOURS) + 1)]

    assert len(set(COLOURS)) == len(COLOURS)
    assert given[-1] == COLOURS[0]


def test_a_box_is_drawn_where_the_thing_is() -> None:
    pixels = drawn(person(0.2, 0.4, 0.6, 0.9))

    assert tuple(pixels[100, 60]) == rgb(COLOURS[0])
    assert tuple(pixels[100, 180]) == rgb(COLOURS[0])
    assert not pixels[100, 61:180].any()


def test_a_caption_is_above_its_box() -> None:
    rows = np.nonzero(captions(drawn(person(0.1, 0.5, 0.13, 0.9)), COLOURS[0]))[0]

    assert rows.size
    assert rows.max() <= 100


def test_at_the_upper_edge_a_caption_is_below_its_box() -> None:
    rows = np.nonzero(captions(drawn(person(0.1, 0.0, 0.13, 0.5)), COLOURS[0]))[0]

    assert rows.size
    assert rows.min() >= 99


def test_a_thing_as_high_as_the_picture_has_its_caption_at_the_lower_edge() -> None:
    rows = np.nonzero(captions(drawn(person(0.1, 0.0, 0.13, 1.0)), COLOURS[0]))[0]

    assert rows.min() > 150


def test_two_captions_do_not_cover_each_other() -> None:
    palette = Palette()
    one, two = person(0.1, 0.5, 0.4, 0.9), person(0.1, 0.5, 0.4, 0.9, label="kite")

    pixels = drawn(one, two, palette=palette)

    both = [np.nonzero(captions(pixels, COLOURS[number]))[0] for number in (0, 1)]
    assert all(rows.size > 5 for rows in both)


def test_a_box_the_wrong_way_round_or_a_point_is_drawn() -> None:
    drawn(person(0.6, 0.9, 0.2, 0.4), person(1.0, 1.0, 1.0, 1.0), person(0, 0, 0, 0))


@pytest.mark.parametrize(
    "finding",
    [plugin.Category("cat", 0.8), plugin.Area("sky", 0.4), plugin.Measurement("level", 7.0)],
)
def test_what_the_whole_picture_shows_is_told_in_its_corner(finding: plugin.Finding) -> None:
    pixels = drawn(finding)

    assert np.all(pixels == rgb(COLOURS[0]), axis=-1)[:12, :20].any()
    assert not pixels[40:].any()


def test_several_areas_are_told_one_below_the_other() -> None:
    pixels = drawn(plugin.Area("sky", 0.6), plugin.Area("sea", 0.3))

    first, second = (np.nonzero(captions(pixels, COLOURS[number]))[0] for number in (0, 1))
    assert first.min() < second.min()
