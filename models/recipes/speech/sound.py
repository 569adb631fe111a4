"""Sound as the recipes hold it: float32 at the node's rate, one channel, 1.0 for full scale."""

import io
import math
import wave
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

from edgenode.plugin import SAMPLE_RATE

Sound: TypeAlias = NDArray[np.float32]
"""[samples] at ``SAMPLE_RATE``, -1.0 to 1.0."""

FULL_SCALE = 32_768
AUDIBLE = 0.02
"""Share of the peak below which a voice's beginning and end are taken for silence."""
MARGIN = SAMPLE_RATE // 100
DATA_CHUNK = b"data"


def read(source: Path | bytes) -> Sound:
    """Return a WAV file of one channel and 16 bits, brought to ``SAMPLE_RATE``.

    A file in memory may come from a pipe, whose head does not know how long it is: the samples go
    on to the end.
    """
    data = source if isinstance(source, bytes) else source.read_bytes()
    with wave.open(io.BytesIO(data)) as file:
        rate, form = file.getframerate(), (file.getnchannels(), file.getsampwidth())
    if form != (1, 2):
        raise ValueError(f"a WAV with {form[0]} channels of {8 * form[1]} bits; give it 1 of 16")
    begin = data.index(DATA_CHUNK) + 8
    samples = np.frombuffer(data[begin : begin + (len(data) - begin) // 2 * 2], "<i2")
    sound = samples.astype(np.float32) / FULL_SCALE
    if rate == SAMPLE_RATE:
        return sound
    common = math.gcd(rate, SAMPLE_RATE)
    resampled: Sound = resample_poly(sound, SAMPLE_RATE // common, rate // common)
    return resampled.astype(np.float32)


def write(path: Path, sound: Sound) -> None:
    """Write *sound* as a WAV file of 16 bits."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(pcm(sound).tobytes())


def pcm(sound: Sound) -> NDArray[np.int16]:
    """Return *sound* as a microphone would hand it over; what is too loud is clipped."""
    scaled = np.round(sound * FULL_SCALE).clip(-FULL_SCALE, FULL_SCALE - 1)
    return scaled.astype(np.int16)


def trimmed(sound: Sound) -> Sound:
    """Return *sound* without the silence before and after it, but for 10 ms."""
    audible = np.flatnonzero(np.abs(sound) > AUDIBLE * np.abs(sound).max(initial=0.0))
    if not len(audible):
        return sound[:0]
    return sound[max(0, audible[0] - MARGIN) : audible[-1] + MARGIN]
