"""Videos as recordings, written and read by PyAV."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.typing import NDArray

from edgenode import plugin
from edgenode.sense.sources import _video
from edgenode.sense.sources._reading import Piece
from tests.sense.sources.colours import BLUE, GREEN, RED, plain

if TYPE_CHECKING:
    from tests.sense.sources.conftest import Recordings


def halves() -> NDArray[np.uint8]:
    pixels = plain(RED)
    pixels[:, 32:] = BLUE
    return pixels


def read(path: Path, **demand: object) -> list[Piece]:
    return list(_video.read(path, plugin.Demand(**demand)))  # type: ignore[arg-type]


def test_the_frames_come_with_their_time_in_the_file(recordings: "Recordings") -> None:
    path = recordings.video("v.mp4", [plain(RED), plain(GREEN), plain(BLUE)])

    pieces = read(path)

    assert [piece.at_s for piece in pieces] == pytest.approx([0, 0.1, 0.2])
    assert pieces[-1].until_s == pytest.approx(0.3)
    for piece, colour in zip(pieces, (RED, GREEN, BLUE), strict=True):
        assert np.abs(piece.data.astype(int) - colour).max() <= 4


@pytest.mark.parametrize(("fit", "shape"), [("stretch", (32, 32, 3)), ("letterbox", (16, 32, 3))])
def test_frames_are_scaled_to_what_is_demanded(
    recordings: "Recordings", fit: str, shape: tuple[int, ...]
) -> None:
    path = recordings.video("v.mkv", [halves()])

    (piece,) = read(path, size=(32, 32), fit=fit)

    assert piece.data.shape == shape
    assert np.abs(piece.data[:, 4].astype(int) - RED).max() <= 6
    assert np.abs(piece.data[:, -4].astype(int) - BLUE).max() <= 6


def test_no_more_frames_than_demanded_are_given(recordings: "Recordings") -> None:
    path = recordings.video("v.mp4", [plain(RED)] * 20, rate=10)

    pieces = read(path, rate_hz=2.5)

    assert [piece.at_s for piece in pieces] == pytest.approx([0, 0.4, 0.8, 1.2, 1.6])
    assert pieces[-1].until_s == pytest.approx(2.0)


def test_a_video_filmed_sideways_is_turned_upright(recordings: "Recordings") -> None:
    path = recordings.video("v.mp4", [halves()], turn=90)

    (piece,) = read(path, size=(32, 32), fit="letterbox")

    assert piece.data.shape == (32, 16, 3)
    assert np.abs(piece.data[2, 8].astype(int) - BLUE).max() <= 6
    assert np.abs(piece.data[-3, 8].astype(int) - RED).max() <= 6


def test_a_video_cut_short_is_named(recordings: "Recordings") -> None:
    path = recordings.cut(recordings.video("cut.mp4", [plain(RED)] * 3), 700)

    with pytest.raises(plugin.RecordingError, match=r"cut\.mp4': Invalid data found.*; give a vid"):
        read(path)


def test_sound_alone_is_no_video(recordings: "Recordings") -> None:
    path = recordings.wav("sound.mkv", np.zeros(800, np.int16))

    with pytest.raises(
        plugin.RecordingError,
        match=r"^recording '[^']*sound\.mkv': there is no picture in it; [^;]*$",
    ):
        read(path)


def test_without_pyav_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)

    with pytest.raises(plugin.RecordingError, match=r"needs PyAV; pip install 'edgenode\[demo\]'"):
        read(Path("a.mp4"))


@pytest.mark.shared
def test_a_real_video_is_played_through(shared: Path) -> None:
    path = shared / "media" / "video" / "one-by-one-person-detection.mp4"

    pieces = list(_video.read(path, plugin.Demand(size=(300, 300), rate_hz=1)))

    assert len(pieces) == 140
    assert {piece.data.shape for piece in pieces} == {(300, 300, 3)}
    assert pieces[-1].until_s == pytest.approx(139.4)
