"""How a word was said and what it came through: changes that leave it the same word.

Synthetic voices are too even: the same word twice is the same sound twice. Here the tempo wavers,
the throat is longer or shorter, the breath is heard, and every microphone colours.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from scipy.signal import istft, stft

from edgenode.plugin import SAMPLE_RATE
from recipes.chance import happens
from recipes.speech import rooms
from recipes.speech.sound import Sound

QUIET = 1e-9
"""Added where something is divided by a level: silence stays silence."""
FRAME = 400
BINS = 257
TRANSFORM = 32_768
"""Samples of the transform in which room and microphone act; word and response fit in."""
SPECTRUM = np.maximum(np.fft.rfftfreq(TRANSFORM, 1 / SAMPLE_RATE), 1.0)
OCTAVES = np.log2(SPECTRUM)


Change: TypeAlias = Callable[[Sound, np.random.Generator], Sound]
"""Another way to say a word, by chance."""


def wavering(word: Sound, dice: np.random.Generator) -> Sound:
    """Return the word sung higher or lower throughout, and more so here and there.

    Formants move with the pitch: by up to a fifth, as from a large man's throat to a child's.
    """
    pace = 2 ** (dice.uniform(-0.3, 0.3) + dice.uniform(-0.12, 0.12, 5))
    steps = np.interp(np.linspace(0, 4, len(word)), range(5), pace)
    at = np.cumsum(steps) - steps[0]
    at = at[: np.searchsorted(at, len(word) - 1)]
    return np.interp(at, np.arange(len(word)), word).astype(np.float32)


def uneven(word: Sound, dice: np.random.Generator) -> Sound:
    """Return the word louder here, softer there, and at times with its end swallowed.

    People seldom release the last sound of "stop" or "right"; synthesisers always do.
    """
    loudness = dice.uniform(-6.0, 3.0, 8)
    if happens(dice, 0.3):
        loudness[-1] -= dice.uniform(0.0, 40.0)
        loudness[-2] -= dice.uniform(0.0, 12.0)
    decibels = np.interp(np.linspace(0, 7, len(word)), range(8), loudness)
    return word * (10 ** (decibels / 20)).astype(np.float32)


def articulated(word: Sound, dice: np.random.Generator) -> Sound:
    """Return the word with moved formants, and partly breathed instead of voiced.

    The spectrum is stretched unevenly along its frequencies and raised to a power, which makes its
    peaks sharper or flatter; a random share of the phases is noise, more of it the higher it is.
    """
    spectrum = stft(word, SAMPLE_RATE, nperseg=FRAME, nfft=2 * (BINS - 1), padded=True)[2]
    position = np.arange(BINS) / (BINS - 1)
    bend = dice.uniform(-0.08, 0.08) * np.sin(2 * np.pi * position * dice.uniform(0.7, 2.0))
    source = np.clip(position * (1 + dice.uniform(-0.12, 0.12)) + bend, 0, 1) * (BINS - 1)
    nearest = np.round(source).astype(int)
    loud = np.abs(spectrum[nearest])
    loud = loud * (loud / (loud.max() + QUIET) + 1e-4) ** dice.uniform(-0.15, 0.25)
    breath = dice.uniform(0.0, 0.7) * np.clip(position * 2 + dice.uniform(-0.5, 1.0), 0, 1)
    phases = np.angle(spectrum[nearest]) + (
        breath[:, np.newaxis] * dice.uniform(-np.pi, np.pi, loud.shape)
    )
    said = istft(loud * np.exp(1j * phases), SAMPLE_RATE, nperseg=FRAME, nfft=2 * (BINS - 1))[1]
    return np.asarray(said, np.float32)


class Places:
    """Rooms with microphones, from the same *seed* always the same."""

    def __init__(self, seed: int, count: int = 96) -> None:
        """Build *count* rooms."""
        dice = np.random.default_rng(seed)
        self._rooms = [np.fft.rfft(rooms.room(dice), TRANSFORM) for _ in range(count)]

    def heard(self, word: Sound, dice: np.random.Generator) -> Sound:
        """Return the word, at most 1.5 s, as a microphone of a room hears it, with its echo."""
        spectrum = np.fft.rfft(word[: TRANSFORM - rooms.LENGTH], TRANSFORM)
        if happens(dice, 0.6):
            spectrum *= self._rooms[dice.integers(len(self._rooms))]
        if happens(dice, 0.8):
            spectrum *= _microphone(dice)
        audible = len(word) + rooms.LENGTH
        return np.fft.irfft(spectrum)[:audible].astype(np.float32)


def _microphone(dice: np.random.Generator) -> Sound:
    """Return a gain per bin: bumps of up to 7 dB, a tilt, and both ends cut off somewhere."""
    points = np.linspace(np.log2(60), np.log2(8000), 9)
    gains = np.interp(OCTAVES, points, dice.uniform(-7.0, 7.0, 9))
    gains += dice.uniform(-2.0, 2.0) * (OCTAVES - np.log2(1000))
    gains -= dice.uniform(6, 18) * np.maximum(0, np.log2(dice.uniform(40, 350)) - OCTAVES)
    gains -= dice.uniform(6, 24) * np.maximum(0, OCTAVES - np.log2(dice.uniform(2500, 8000)))
    return (10 ** (gains / 20)).astype(np.float32)


def squared_off(sound: Sound, dice: np.random.Generator) -> Sound:
    """Return *sound* as an amplifier that is too loud gives it."""
    limit = dice.uniform(0.2, 0.8) * np.abs(sound).max()
    return np.clip(sound, -limit, limit)
