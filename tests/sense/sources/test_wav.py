"""WAV files as recordings, written by the standard library or byte by byte."""

import sys
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.typing import NDArray

from edgenode import plugin
from edgenode.sense.sources import _sound
from edgenode.sense.sources._reading import Piece

if TYPE_CHECKING:
    from tests.sense.sources.conftest import Recordings

WAVE = np.arange(-16_000, 16_000, 80, dtype=np.int32)


def read(path: Path) -> Iterator[Piece]:
    """Return the hops of a WAV of which nothing must be told."""
    return _sound.read(path, None, pytest.fail)


def heard(path: Path) -> NDArray[np.int16]:
    return np.concatenate([piece.data for piece in read(path)])


def test_sixteen_kilohertz_come_sample_by_sample_and_the_rest_as_a_shorter_hop(
    recordings: "Recordings",
) -> None:
    ramp = np.arange(-400, 400, dtype=np.int16)
    path = recordings.wav("ramp.wav", ramp)

    pieces = list(read(path))

    assert [len(piece.data) for piece in pieces] == [320, 320, 160]
    assert np.array_equal(np.concatenate([piece.data for piece in pieces]), ramp)
    assert [piece.at_s for piece in pieces] == pytest.approx([0.02, 0.04, 0.05])
    assert pieces[-1].until_s == pytest.approx(0.05)


@pytest.mark.parametrize("rate", [8_000, 11_025, 44_100, 48_000])
def test_other_rates_are_resampled_to_the_same_length_and_pitch(
    recordings: "Recordings", rate: int
) -> None:
    tone = (12_000 * np.sin(2 * np.pi * 500 * np.arange(rate) / rate)).astype(np.int16)
    path = recordings.wav("tone.wav", np.stack([tone, tone], axis=1), rate)

    samples = heard(path)

    assert len(samples) == pytest.approx(16_000, abs=2)
    expected = 12_000 * np.sin(2 * np.pi * 500 * np.arange(len(samples)) / 16_000)
    assert np.abs(samples[800:-800] - expected[800:-800]).max() < 40


def test_digital_silence_stays_digital_silence_when_resampled(recordings: "Recordings") -> None:
    path = recordings.wav("silence.wav", np.zeros(48_000, np.int16), 48_000)

    samples = heard(path)

    assert not samples.any()


@pytest.mark.parametrize(
    ("body", "form"),
    [
        ((WAVE // 256 + 128).astype(np.uint8), {"bits": 8}),
        ((WAVE << 8).astype("<i4").view(np.uint8).reshape(-1, 4)[:, :3], {"bits": 24}),
        ((WAVE << 16).astype("<i4"), {"bits": 32, "extensible": 1}),
        ((WAVE / 32768).astype("<f4"), {"bits": 32, "code": 3}),
        ((WAVE / 32768).astype("<f8"), {"bits": 64, "code": 3, "extensible": 1}),
        (np.stack([WAVE, WAVE], 1).astype("<i2"), {"channels": 2, "extensible": 1}),
        (np.stack([WAVE * 2, WAVE * 0], 1).astype("<i2"), {"channels": 2}),
    ],
    ids=["8 bit", "24 bit", "32 bit", "float", "double", "stereo", "averaged"],
)
def test_every_way_to_write_samples_is_read(
    recordings: "Recordings", body: NDArray[np.generic], form: dict[str, int]
) -> None:
    path = recordings.riff(body.tobytes(), **form)

    samples = heard(path)

    assert len(samples) == len(WAVE)
    assert np.abs(samples - WAVE).max() <= (256 if form.get("bits") == 8 else 1)


def test_float_beyond_full_scale_is_clipped_and_what_is_no_number_is_silence(
    recordings: "Recordings",
) -> None:
    path = recordings.riff(np.array([2.0, -2.0, np.nan], "<f4").tobytes(), code=3, bits=32)

    samples = heard(path)

    assert samples.tolist() == [32767, -32767, 0]


def test_a_wav_whose_writer_did_not_know_its_length_is_read_to_its_end(
    recordings: "Recordings",
) -> None:
    path = recordings.riff(np.arange(700, dtype="<i2").tobytes(), size=0xFFFFFFFF)

    samples = heard(path)

    assert np.array_equal(samples, np.arange(700))


@pytest.mark.parametrize(
    ("make", "fault"),
    [
        (lambda make: make.raw("a.wav", b""), r"a\.wav': it is empty; convert it: ffmpeg"),
        (
            lambda make: make.raw("a.wav", b"no wave file at all"),
            "it is not a WAV file; convert",
        ),
        (lambda make: make.riff(b""), "there is no sound in it"),
        (lambda make: make.cut(make.riff(b""), 16), "there is no sound in it"),
        (lambda make: make.cut(make.riff(b""), 30), "its format is cut short"),
        (lambda make: make.riff(b"1234", code=85), "format 85 of 1x16 bit at 16000 Hz is unknown"),
        (lambda make: make.riff(b"1234", channels=0), "format 1 of 0x16 bit"),
        (lambda make: make.folder / "absent.wav", "No such file or directory; check the path"),
    ],
)
def test_a_bad_wav_is_named_with_its_fault_and_the_cure_on_one_line(
    recordings: "Recordings", make: Callable[["Recordings"], Path], fault: str
) -> None:
    path = make(recordings)

    with pytest.raises(plugin.RecordingError, match=fault) as caught:
        heard(path)

    assert "\n" not in str(caught.value)
    assert repr(str(path)) in str(caught.value)


def test_without_soxr_the_extra_is_named(
    recordings: "Recordings", monkeypatch: pytest.MonkeyPatch
) -> None:
    path = recordings.riff(b"1234", rate=8000)
    monkeypatch.setitem(sys.modules, "soxr", None)

    with pytest.raises(plugin.RecordingError, match=r"8000 Hz .* soxr: pip install 'edgenode\[aud"):
        heard(path)


@pytest.mark.shared
def test_real_speech_is_read_as_the_standard_library_reads_it(shared: Path) -> None:
    path = shared / "media" / "speech" / "speech_jfk__jfk.wav"
    with wave.open(str(path)) as file:
        expected = np.frombuffer(file.readframes(file.getnframes()), "<i2")

    samples = heard(path)

    assert np.array_equal(samples, expected)


def test_a_wav_that_is_cut_short_while_it_is_read_comes_to_an_end(recordings: "Recordings") -> None:
    path = recordings.wav("long.wav", np.zeros(60_000, np.int16))
    told: list[str] = []
    pieces = _sound.read(path, None, told.append)
    next(pieces)

    recordings.cut(path, 1000)

    assert len(list(pieces)) < 60_000 // 320 - 1
    assert [line.partition(" bytes of sound")[0] for line in told] == ["its header tells of 120000"]
