"""Rooms: what walls make of a sound on its way to the microphone.

The response of a shoebox room: the direct sound, the first reflections of its six walls where the
mirror images of the speaker stand, and a tail of noise that loses 60 dB in the room's time, the
high frequencies sooner.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from edgenode.plugin import SAMPLE_RATE
from recipes.speech.sound import Sound

SPEED_OF_SOUND = 343.0
LENGTH = SAMPLE_RATE // 2
"""Samples of a response kept: half a second."""
DECAY = 6.9
"""Natural logarithm of 60 dB as a ratio of amplitudes."""


def room(dice: np.random.Generator) -> Sound:
    """Return the response [``LENGTH``] of a room between closet and hall, the direct sound 1.0."""
    size = dice.uniform((2.0, 2.0, 2.2), (9.0, 7.0, 3.8))
    speaker, microphone = dice.uniform(0.15, 0.85, (2, 3)) * size
    absorbed = dice.uniform(0.15, 0.8)
    response = _first_reflections(size, speaker, microphone, np.sqrt(1 - absorbed))
    seconds = 0.161 * size.prod() / (absorbed * 2 * (size * np.roll(size, 1)).sum())
    return (response + _tail(dice, min(float(seconds), 1.2))).astype(np.float32)


def _first_reflections(
    size: NDArray[np.float64],
    speaker: NDArray[np.float64],
    microphone: NDArray[np.float64],
    reflected: float,
) -> NDArray[np.float64]:
    direct = float(np.linalg.norm(speaker - microphone))
    response = np.zeros(LENGTH)
    response[0] = 1.0
    for axis in range(3):
        for wall in (0.0, size[axis]):
            image = speaker.copy()
            image[axis] = 2 * wall - speaker[axis]
            way = float(np.linalg.norm(image - microphone))
            delay = round((way - direct) / SPEED_OF_SOUND * SAMPLE_RATE)
            if delay < LENGTH:
                response[delay] += reflected * direct / way
    return response


def _tail(dice: np.random.Generator, seconds: float) -> NDArray[np.float64]:
    """Return late reverberation that begins after 8 ms, as loud as a random share of the voice."""
    time = np.arange(LENGTH) / SAMPLE_RATE
    bright = dice.standard_normal(LENGTH) * np.exp(-DECAY * time / seconds)
    dull = lfilter([0.3], [1.0, -0.7], bright)
    tail = np.where(time < seconds / 3, bright, dull)
    tail[: SAMPLE_RATE // 125] = 0.0
    # From 15 dB below the direct sound, close by, to as loud, across the room.
    share = 10 ** (dice.uniform(-15.0, 0.0) / 20)
    scaled: NDArray[np.float64] = tail * share / (np.sqrt((tail**2).sum()) + 1e-9)
    return scaled
