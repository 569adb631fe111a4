"""The two mel front-ends against plain ones written here, one sample and one band at a time."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from edgenode import plugin
from edgenode.sense.plugins.front_ends import FrontEnd
from edgenode.sense.plugins.front_ends.log_mel import LogMel
from edgenode.sense.plugins.front_ends.mel import MelScale
from edgenode.sense.plugins.front_ends.mfcc import Mfcc

Floats = NDArray[np.float64]


def noise(length: int, seed: int = 0, loudness: float = 3000.0) -> NDArray[np.int16]:
    """Return noise that swells and fades, so that frames and bands differ."""
    rng = np.random.default_rng(seed)
    swell = 0.6 + 0.4 * np.sin(np.arange(length) / 900.0)
    coloured = np.convolve(rng.standard_normal(length), np.ones(4) / 2.0, "same")
    return np.clip(coloured * swell * loudness, -32768, 32767).astype(np.int16)


def audio(samples: NDArray[np.int16], position: int = 0) -> plugin.Audio:
    return plugin.Audio(samples=samples, position=position, captured_at=position / 16_000)


def mel(hz: float) -> float:
    return 1127.0 * math.log(1.0 + hz / 700.0)


def plain_bands(samples: Floats, frame: int, hop: int, scale: tuple[int, float, float]) -> Floats:
    """Return mel bands: Fourier's integral by its definition, HTK's triangles one by one."""
    bands, low, high = scale
    hann = [0.5 - 0.5 * math.cos(2.0 * math.pi * n / frame) for n in range(frame)]
    bins = np.arange(257)
    waves = np.exp(-2j * np.pi * np.outer(np.arange(frame), bins) / 512)
    edges = [mel(low) + (mel(high) - mel(low)) * i / (bands + 1) for i in range(bands + 2)]
    triangles = np.zeros((257, bands))
    for bin_ in range(1, 257):
        at = mel(bin_ * 16_000 / 512)
        for band in range(bands):
            rising = (at - edges[band]) / (edges[band + 1] - edges[band])
            falling = (edges[band + 2] - at) / (edges[band + 2] - edges[band + 1])
            triangles[bin_, band] = max(0.0, min(rising, falling))
    starts = range(0, len(samples) - frame + 1, hop)
    return np.array(
        [np.abs((samples[at : at + frame] * hann) @ waves) @ triangles for at in starts]
    )


def plain_mfcc(samples: NDArray[np.int16]) -> Floats:
    scaled = samples / 32768.0
    peak = scaled.max() - scaled.mean()
    logs = np.log(plain_bands(scaled / peak, 480, 320, (40, 20.0, 4000.0)) + 1e-6)
    rows = []
    for log in logs:
        sums = [
            sum(log[n] * math.cos(math.pi * k * (2 * n + 1) / 80) for n in range(40))
            for k in range(10)
        ]
        rows.append([2.0 * total / math.sqrt(80) for total in sums])
    return np.array(rows)


def plain_log_mel(samples: NDArray[np.int16]) -> Floats:
    halved = samples / 32768.0 * 0.5
    bands = plain_bands(halved, 400, 160, (32, 60.0, 3800.0))
    window = 30.0 * (np.log(bands + 0.001) - math.log(0.001))
    scaled = ((window - window.mean(axis=0)) / (3.0 * window.std(axis=0)) + 1.0) * 127.5
    return np.maximum(0, np.minimum(255, scaled))


def test_mel_triangles_reach_one_at_their_centre_and_leave_the_lowest_bin_out() -> None:
    weights = MelScale(bands=8, low_hz=0.0, high_hz=4000.0).weights(4096)

    assert weights[0].sum() == 0.0
    assert weights.max(axis=0) == pytest.approx(np.ones(8), abs=0.02)


def test_mfcc_are_those_of_a_plain_reference() -> None:
    samples = noise(16_000)

    features = Mfcc().features(audio(samples))

    assert features.shape == Mfcc.shape
    assert np.abs(features - plain_mfcc(samples)).max() < 1e-3


def test_log_mel_are_those_of_a_plain_reference() -> None:
    samples = noise(LogMel.cut.window)

    features = LogMel().features(audio(samples))

    assert features.shape == LogMel.shape
    # A whole number: the model's input is cut off, not rounded.
    assert np.array_equal(features, np.floor(features))
    distance = plain_log_mel(samples) - features
    assert distance.min() > -0.01
    assert distance.max() < 1.01


@pytest.mark.parametrize("make", [Mfcc, LogMel])
@pytest.mark.parametrize("hop", [160, 320, 1600, 5280, 8000, 1001])
def test_a_window_gives_the_same_whatever_came_before_it(
    make: type[Mfcc | LogMel], hop: int
) -> None:
    sliding, window = make(), make.cut.window
    stream = noise(window + 5 * hop)

    for at in range(0, 5 * hop + 1, hop):
        after_others = sliding.features(audio(stream[at : at + window], at))
        alone = make().features(audio(stream[at : at + window], at))

        assert np.abs(after_others - alone).max() <= (1.0 if make is LogMel else 1e-4)


@pytest.mark.parametrize("make", [Mfcc, LogMel])
def test_after_a_reset_nothing_is_left_of_the_stream_before(make: type[Mfcc | LogMel]) -> None:
    front_end, window = make(), make.cut.window
    first, second = noise(window, seed=1), noise(window, seed=2)

    front_end.features(audio(first, 0))
    front_end.reset()
    features = front_end.features(audio(second, 1600))

    assert np.array_equal(features, make().features(audio(second)))


@pytest.mark.parametrize("make", [Mfcc, LogMel])
def test_a_stream_that_jumps_or_repeats_is_computed_anew(make: type[Mfcc | LogMel]) -> None:
    front_end, window = make(), make.cut.window
    first, second = noise(window, seed=1), noise(window, seed=2)

    front_end.features(audio(first, 32_000))

    for position in (32_000, 0, 320_000):
        features = front_end.features(audio(second, position))
        assert np.array_equal(features, make().features(audio(second)))


def steady_hum(length: int) -> NDArray[np.int16]:
    return (1000 * np.sin(2 * np.pi * 100 * np.arange(length) / 16_000)).astype(np.int16)


QUIET_AND_LOUD = {
    "digital silence": lambda n: np.zeros(n, np.int16),
    "one sample": lambda n: np.eye(1, n, n // 2, dtype=np.int16)[0],
    "only below zero": lambda n: np.full(n, -5, np.int16),
    "full scale": lambda n: np.where(np.arange(n) % 80 < 40, 32767, -32768).astype(np.int16),
    "the lowest": lambda n: np.full(n, -32768, np.int16),
    "a steady hum": steady_hum,
    "faint noise": lambda n: noise(n, loudness=1.0),
    "loud noise": lambda n: noise(n, loudness=60_000.0),
}


@pytest.mark.parametrize("make", [Mfcc, LogMel])
@pytest.mark.parametrize("sound", QUIET_AND_LOUD)
def test_no_sound_gives_what_is_no_number(make: type[Mfcc | LogMel], sound: str) -> None:
    front_end: FrontEnd = make()
    samples = QUIET_AND_LOUD[sound](front_end.cut.window)

    features = front_end.features(audio(samples))

    assert features is not None
    assert np.isfinite(features).all()


def test_digital_silence_lies_in_the_middle_of_coral_s_scale() -> None:
    features = LogMel().features(audio(np.zeros(LogMel.cut.window, np.int16)))

    assert (features == 127.0).all()


@pytest.mark.parametrize("offset", [-16_000, -1638, 1638, 16_000])
def test_the_offset_of_a_microphone_changes_nothing_for_quiet_sound(offset: int) -> None:
    quiet = noise(16_000, loudness=300.0)
    quiet -= np.int16(quiet.mean())

    features = Mfcc().features(audio(quiet + np.int16(offset)))

    # The mean of a frame is removed, which for sound without an offset it is not.
    assert np.abs(features - plain_mfcc(quiet))[:, 1:].max() < 2.0
    assert np.abs(features - plain_mfcc(quiet)).mean() < 0.2


def test_mfcc_do_not_depend_on_loudness() -> None:
    samples = noise(16_000)

    quiet, loud = Mfcc().features(audio(samples // 4 * 2)), Mfcc().features(audio(samples // 4 * 4))

    assert np.abs(quiet - loud).max() < 1e-4
