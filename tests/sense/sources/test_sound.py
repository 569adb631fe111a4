"""Sound of all kinds as recordings: what ffmpeg decodes, several channels, pipes."""

import os
import sys
import threading
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from edgenode import plugin
from edgenode.sense.sources import _sound
from tests.sense.sources.sounds import ENCODED, Header, encoded, strongest, tone, wav

A440 = tone(440, 1.0)


def heard(path: Path, channel: int | None = None) -> NDArray[np.int16]:
    """Return the samples of a file of which nothing must be told."""
    return np.concatenate([piece.data for piece in _sound.read(path, channel, pytest.fail)])


def stereo(left: NDArray[np.int16], right: NDArray[np.int16]) -> bytes:
    both = np.stack([left, right], axis=1).astype("<i2")
    return wav(both.tobytes(), Header(channels=2))


@pytest.mark.parametrize("name", ENCODED)
def test_what_ffmpeg_has_encoded_is_heard_at_its_pitch_and_in_its_length(
    tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_bytes(encoded(name, tone(440, 1.0, 48_000), 48_000))

    samples = heard(tmp_path / name)

    assert _sound.is_sound(tmp_path / name)
    assert len(samples) == pytest.approx(16_000, rel=0.08)
    assert strongest(samples) == pytest.approx(440, abs=2)
    assert np.abs(samples[2000:-2000]).max() == pytest.approx(16_000, rel=0.1)


def test_flac_comes_sample_by_sample(tmp_path: Path) -> None:
    (tmp_path / "a.flac").write_bytes(encoded("a.flac", A440))

    assert np.array_equal(heard(tmp_path / "a.flac"), A440)


def test_the_name_of_a_file_does_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "2024-01-01T12:30:00 \udcff.wav"
    path.write_bytes(encoded("a.mp3", A440))

    assert strongest(heard(path)) == pytest.approx(440, abs=2)


@pytest.mark.parametrize("codec", ["pcm_mulaw", "adpcm_ms"])
def test_a_wav_of_a_format_that_is_not_known_here_is_decoded_by_ffmpeg(
    tmp_path: Path, codec: str
) -> None:
    path = tmp_path / "a.wav"
    with av.open(str(path), "w") as file:
        stream = file.add_stream(codec, rate=16_000)
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray(A440.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = 16_000
        resampler = av.AudioResampler("s16", "mono", 16_000, stream.frame_size or 1000)
        for part in (*resampler.resample(frame), *resampler.resample(None)):
            file.mux(stream.encode(part))
        file.mux(stream.encode(None))

    samples = heard(path)

    assert strongest(samples) == pytest.approx(440, abs=2)


def test_damage_in_the_middle_is_told_and_the_rest_is_heard(tmp_path: Path) -> None:
    whole = bytearray(encoded("a.mp3", tone(440, 4.0)))
    middle = len(whole) // 2
    whole[middle : middle + 3000] = np.random.default_rng(1).bytes(3000)
    (tmp_path / "a.mp3").write_bytes(whole)
    told: list[str] = []

    pieces = list(_sound.read(tmp_path / "a.mp3", None, told.append))

    assert sum(len(piece.data) for piece in pieces) > 2.5 * 16_000
    assert told[0].endswith("pieces of it are damaged and were left out")


@pytest.mark.parametrize("name", ["a.flac", "a.mp3", "a.mka"])
def test_a_file_of_which_half_is_there_is_heard_so_far_and_told(tmp_path: Path, name: str) -> None:
    whole = encoded(name, tone(440, 4.0))
    (tmp_path / name).write_bytes(whole[: len(whole) // 2])
    told: list[str] = []

    pieces = list(_sound.read(tmp_path / name, None, told.append))

    assert sum(len(piece.data) for piece in pieces) > 1.2 * 16_000
    assert told[-1].startswith("it tells of 4.0 s of sound, ")


@pytest.mark.parametrize("turn", [1.0, -1.0, -0.7])
def test_channels_of_opposite_phase_do_not_cancel_each_other(tmp_path: Path, turn: float) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(stereo(A440, (A440 * turn).astype(np.int16)))

    samples = heard(path)

    assert np.abs(samples - A440 * (1 + abs(turn)) / 2).max() <= 1


def test_a_word_in_one_channel_of_two_is_heard_whichever_it_is(tmp_path: Path) -> None:
    faint = np.random.default_rng(1).normal(0, 20, len(A440)).astype(np.int16)

    for content in (stereo(A440, faint), stereo(faint, A440)):
        (tmp_path / "a.wav").write_bytes(content)
        samples = heard(tmp_path / "a.wav")

        assert np.abs(samples - A440 / 2).max() < 60


def test_two_who_speak_in_a_channel_each_are_both_heard(tmp_path: Path) -> None:
    nobody = np.zeros(len(A440), np.int16)
    first, second = np.concatenate((A440, nobody)), np.concatenate((nobody, tone(880, 1.0)))
    (tmp_path / "a.wav").write_bytes(stereo(first, second))

    samples = heard(tmp_path / "a.wav")

    assert strongest(samples[:16_000]) == pytest.approx(440, abs=2)
    assert strongest(samples[16_000:]) == pytest.approx(880, abs=2)


def test_the_channel_that_was_chosen_is_heard_alone(tmp_path: Path) -> None:
    other = tone(880, 1.0)
    (tmp_path / "a.wav").write_bytes(stereo(A440, other))
    (tmp_path / "a.flac").write_bytes(encoded("a.flac", np.stack([A440, other], axis=1)))

    for name in ("a.wav", "a.flac"):
        assert np.array_equal(heard(tmp_path / name, 0), A440)
        assert np.array_equal(heard(tmp_path / name, 1), other)


def test_a_channel_that_is_not_there_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(stereo(A440, A440))

    with pytest.raises(
        plugin.RecordingError, match="no channel 2, only 2, the first is 0; set another `channel`"
    ):
        heard(tmp_path / "a.wav", 2)


@pytest.mark.parametrize("name", ["a.wav", "a.mp3", "a.ogg", "a.flac"])
def test_a_pipe_is_heard_like_a_file(tmp_path: Path, name: str) -> None:
    content = wav(A440.tobytes(), Header(size=0)) if name == "a.wav" else encoded(name, A440)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(content,))
    writer.start()

    samples = heard(pipe)

    writer.join(10)
    assert strongest(samples) == pytest.approx(440, abs=2)
    assert len(samples) == pytest.approx(16_000, rel=0.08)


def test_a_film_is_heard_and_one_without_sound_is_refused(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "film.mkv"), "w") as file:
        pictures = file.add_stream("libx264", rate=10)
        pictures.width = pictures.height = 32
        pictures.pix_fmt = "yuv420p"
        sound = file.add_stream("pcm_s16le", rate=16_000, layout="mono")
        blank = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), "rgb24")
        for number in range(10):
            blank.pts = number
            file.mux(pictures.encode(blank))
        frame = av.AudioFrame.from_ndarray(A440.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.pts = 16_000, 0
        file.mux([*pictures.encode(None), *sound.encode(frame), *sound.encode(None)])
    with av.open(str(tmp_path / "silent.mkv"), "w") as file:
        pictures = file.add_stream("libx264", rate=10)
        pictures.width = pictures.height = 32
        pictures.pix_fmt = "yuv420p"
        blank.pts = 0
        file.mux([*pictures.encode(blank), *pictures.encode(None)])

    assert np.array_equal(heard(tmp_path / "film.mkv"), A440)
    with pytest.raises(plugin.RecordingError, match="there is no sound in it; convert it"):
        heard(tmp_path / "silent.mkv")


def test_without_pyav_its_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.mp3").write_bytes(encoded("a.mp3", A440))
    monkeypatch.setitem(sys.modules, "av", None)

    with pytest.raises(
        plugin.RecordingError, match=r"need PyAV; pip install 'edgenode\[demo\]', or convert it"
    ):
        heard(tmp_path / "a.mp3")
