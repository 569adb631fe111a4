"""The replay source: what it yields, when, and in which order."""

import os
import subprocess
import sys
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from edgenode import plugin
from edgenode.sense.sources.replay import Replay, ReplayOptions
from tests.sense.sources import films
from tests.sense.sources.playing import replay
from tests.sense.sources.sounds import Header, wav

if TYPE_CHECKING:
    from tests.sense.sources.conftest import Recordings

RED, GREEN, BLUE = (200, 0, 0), (0, 200, 0), (0, 0, 200)


def draw(path: Path, colour: tuple[int, int, int]) -> None:
    Image.fromarray(np.full((4, 4, 3), colour, np.uint8)).save(path)


@pytest.mark.usefixtures("clock")
def test_a_folder_is_its_pictures_in_order_of_name_at_the_rate_chosen(tmp_path: Path) -> None:
    draw(tmp_path / "b.png", GREEN)
    draw(tmp_path / "a.bmp", RED)
    draw(tmp_path / "c.PNG", BLUE)
    (tmp_path / "notes.txt").write_text("not a picture")

    frames = [f for f in replay(tmp_path, rate_hz=4) if isinstance(f, plugin.Frame)]

    assert [tuple(frame.pixels[0, 0]) for frame in frames] == [RED, GREEN, BLUE]
    assert [Path(frame.origin).name for frame in frames] == ["a.bmp", "b.png", "c.PNG"]
    assert [frame.captured_at for frame in frames] == [1_000_000.0, 1_000_000.25, 1_000_000.5]
    assert [frame.at_s for frame in frames] == [0.0, 0.0, 0.0]


def test_a_demand_reaches_the_video(recordings: "Recordings") -> None:
    path = recordings.video("v.mp4", [np.zeros((32, 64, 3), np.uint8)] * 10)
    demand = plugin.Demand(size=(16, 16), rate_hz=0.01)

    with Replay(ReplayOptions(path=str(path), pace="fast"), demand) as source:
        frames = [f for f in source.samples() if isinstance(f, plugin.Frame)]

    assert [frame.pixels.shape for frame in frames] == [(16, 16, 3)]
    assert source.demand.rate_hz == 0.2


def test_a_looped_wav_goes_on_without_a_gap(recordings: "Recordings") -> None:
    ramp = np.arange(500, dtype=np.int16)
    path = recordings.wav("ramp.wav", ramp)
    source = Replay(ReplayOptions(path=str(path), pace="fast", loop=True))

    with source:
        hops = [hop for hop in islice(source.samples(), 8) if isinstance(hop, plugin.Audio)]

    assert [hop.position for hop in hops] == [0, 320, 500, 820, 1000, 1320, 1500, 1820]
    assert np.array_equal(np.concatenate([hop.samples for hop in hops]), np.tile(ramp, 4))
    assert hops[-1].captured_at - hops[0].captured_at == pytest.approx(1680 / 16000, abs=1e-5)


def test_a_folder_of_sound_is_its_files_in_order_of_name(recordings: "Recordings") -> None:
    for name in ("b.wav", "a.WAV", "c.wave"):
        recordings.wav(name, np.full(320, ord(name[0]), np.int16))
    recordings.raw("notes.txt", b"no sound")

    hops = [hop for hop in replay(recordings.folder) if isinstance(hop, plugin.Audio)]

    assert [hop.samples[0] for hop in hops] == [ord("a"), ord("b"), ord("c")]
    assert [hop.position for hop in hops] == [0, 320, 640]


def test_sound_is_asked_for_where_the_name_does_not_tell(recordings: "Recordings") -> None:
    path = recordings.wav("film.mp4", np.full(320, 7, np.int16))

    source = Replay(ReplayOptions(path=str(path)))
    (hop,) = replay(path, sound=True)

    assert source.yields is plugin.Frame
    assert isinstance(hop, plugin.Audio)
    assert hop.samples.tolist() == [7] * 320


def test_a_channel_may_be_chosen(recordings: "Recordings") -> None:
    path = recordings.wav("a.wav", np.stack([np.full(320, 7), np.full(320, 9)], axis=1))

    (first,), (second,) = replay(path, channel=0), replay(path, channel=1)

    assert isinstance(first, plugin.Audio)
    assert isinstance(second, plugin.Audio)
    assert (first.samples[0], second.samples[0]) == (7, 9)


def test_a_loop_over_what_plays_nothing_ends_at_once(recordings: "Recordings") -> None:
    path = recordings.raw("a.wav", wav(b""))

    with pytest.raises(plugin.RecordingError, match="there is no sound in it"):
        replay(path, loop=True)


def test_what_is_wrong_with_a_file_is_told_once_in_a_loop(
    recordings: "Recordings", caplog: pytest.LogCaptureFixture
) -> None:
    path = recordings.raw("a.wav", wav(bytes(6400), Header(size=9000)))
    source = Replay(ReplayOptions(path=str(path), pace="fast", loop=True))

    with source:
        assert len(list(islice(source.samples(), 35))) == 35

    (told,) = caplog.messages
    assert told.startswith(f"recording {str(path)!r}: its header tells of 9000 bytes of sound, 64")


@pytest.mark.usefixtures("clock")
def test_several_files_follow_each_other_in_the_order_given(recordings: "Recordings") -> None:
    one = recordings.wav("1.wav", np.full(320, 1, np.int16))
    two = recordings.wav("2.wav", np.full(320, 2, np.int16))

    first, second = (hop for hop in replay([two, one]) if isinstance(hop, plugin.Audio))

    assert (first.origin, second.origin) == (str(two), str(one))
    assert (first.position, second.position) == (0, 320)
    assert (first.at_s, second.at_s) == (0.02, 0.02)
    assert second.captured_at - first.captured_at == pytest.approx(0.02)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.wav", plugin.Audio),
        ("b.WAV", plugin.Audio),
        ("c.mp4", plugin.Frame),
        (".", plugin.Frame),
    ],
)
def test_what_it_yields_is_known_before_it_is_opened(
    tmp_path: Path, name: str, kind: type[plugin.Sample]
) -> None:
    fast = Replay(ReplayOptions(path=str(tmp_path / name), pace="fast"))
    paced = Replay(ReplayOptions(path=str(tmp_path / name)))

    assert fast.yields is paced.yields is kind
    assert (fast.lossless, paced.lossless) == (True, False)


def test_pictures_and_sound_are_not_mixed() -> None:
    with pytest.raises(plugin.PluginError, match="one kind per source"):
        Replay(ReplayOptions(path=("a.wav", "b.png")))


def test_a_replay_of_nothing_is_told_to_name_a_recording() -> None:
    with pytest.raises(plugin.PluginError, match="`path` is empty; name a recording"):
        Replay(ReplayOptions(path=()))


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("notes.txt", r"notes\.txt': Invalid data found.*; give a video that ffplay plays, or a p"),
        ("absent.mp4", r"absent\.mp4': there is no such file; check the path"),
        (".", "there is no picture in this folder; fill it"),
    ],
)
def test_what_cannot_be_played_is_refused_when_it_is_opened(
    tmp_path: Path, name: str, fault: str
) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    source = Replay(ReplayOptions(path=str(tmp_path / name)))

    with pytest.raises(plugin.RecordingError, match=fault):
        source.open()


def test_importing_the_source_imports_none_of_its_packages() -> None:
    code = "import sys, edgenode.sense.sources.replay;"
    code += "sys.exit(any(name in sys.modules for name in ('PIL', 'av', 'soxr')))"

    done = subprocess.run([sys.executable, "-c", code], check=False)

    assert done.returncode == 0


def test_a_loop_over_recordings_none_of_which_can_be_read_ends(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(b"no picture")

    with pytest.raises(plugin.RecordingError, match=r"a\.png': cannot identify image file"):
        replay(tmp_path, loop=True)


def test_a_loop_tells_once_what_it_passes_over(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    draw(tmp_path / "a.png", RED)
    (tmp_path / "b.png").write_bytes(b"no picture")
    source = Replay(ReplayOptions(path=str(tmp_path), pace="fast", loop=True))

    with source:
        frames = list(islice(source.samples(), 5))

    assert len(frames) == 5
    assert len(caplog.records) == 1


def test_a_folder_holds_pictures_and_films_whatever_they_are_called(
    recordings: "Recordings", tmp_path: Path
) -> None:
    recordings.video("film.mp4", [np.zeros((32, 64, 3), np.uint8)] * 2)
    draw(tmp_path / "a.png", RED)
    (tmp_path / "a.png").rename(tmp_path / "picture.jfif")
    (tmp_path / "folder").mkdir()
    (tmp_path / ".DS_Store").write_text("of another system")
    (tmp_path / "labels.txt").write_text("0 person")

    frames = [f for f in replay(tmp_path) if isinstance(f, plugin.Frame)]

    assert [Path(frame.origin).name for frame in frames] == ["film.mp4"] * 2 + ["picture.jfif"]


@pytest.mark.parametrize("name", ["x" * 300 + ".png", "a\0b.png", "a.png/b.png"])
def test_a_path_that_cannot_be_is_named(tmp_path: Path, name: str) -> None:
    draw(tmp_path / "a.png", RED)

    with pytest.raises(plugin.RecordingError, match=r"; check the path"):
        replay(tmp_path / name)


def test_a_pipe_is_no_recording_of_frames(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.mp4")

    with pytest.raises(plugin.RecordingError, match=r"it is a pipe or a device; copy what comes"):
        replay(tmp_path / "a.mp4")


def test_frames_that_cannot_be_decoded_are_lost(
    recordings: "Recordings", caplog: pytest.LogCaptureFixture
) -> None:
    path = recordings.raw("a.mp4", films.film(films.shades(), g="1"))
    films.with_bad_packet(path, 4)

    with Replay(ReplayOptions(path=str(path), pace="fast")) as source:
        frames = list(source.samples())

    assert (len(frames), source.lost) == (9, 1)
    assert caplog.messages == [
        f"recording {str(path)!r}: frames that could not be decoded: 1; all else was read"
    ]
