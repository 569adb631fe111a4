"""What is heard beside the voice: fans, streets, mains, knocks, and other people talking."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from scipy.signal import butter, sosfilt

from edgenode.plugin import SAMPLE_RATE
from recipes.chance import happens
from recipes.speech.sound import Sound

BED = 20 * SAMPLE_RATE
"""Samples of each long stretch of noise that pieces are cut from."""
COLOURS = np.linspace(-0.3, 2.4, 10)
"""Exponents of the spectra, from above white (0) to below brown (2)."""
CROWDS = (3, 3, 6, 6, 15, 60)
"""How many talk at once in each stretch of babble."""
QUIET = 1e-9


class Noises:
    """Noise of any length and kind, from the same *seed* and *voices* always the same stock."""

    def __init__(self, voices: Sequence[Sound], seed: int) -> None:
        """Take what is spoken by those who talk in the background."""
        self._voices = [voice for voice in voices if len(voice)]
        self._seed = seed

    def draw(self, length: int, dice: np.random.Generator) -> Sound:
        """Return *length* samples of noise, at most 20 s, with a deviation of 1."""
        stock = self._babbles if self._voices and happens(dice, 0.3) else self._colours
        bed = stock[dice.integers(len(stock))]
        start = dice.integers(len(bed) - length + 1)
        piece = bed[start : start + length].copy()
        for likely, change in ((0.3, _band), (0.15, _hum), (0.15, _knocks), (0.3, _swell)):
            if happens(dice, likely):
                piece = change(piece, dice)
        return _level(piece)

    @cached_property
    def _colours(self) -> list[Sound]:
        dice = np.random.default_rng((self._seed, 0))
        return [_coloured(exponent, dice) for exponent in COLOURS]

    @cached_property
    def _babbles(self) -> list[Sound]:
        dice = np.random.default_rng((self._seed, 1))
        return [self._babble(crowd, dice) for crowd in CROWDS]

    def _babble(self, crowd: int, dice: np.random.Generator) -> Sound:
        bed = np.zeros(BED, np.float32)
        for _ in range(crowd):
            loud, at = dice.uniform(0.3, 1.0), 0
            while at < BED:
                word = self._voices[dice.integers(len(self._voices))][: BED - at]
                bed[at : at + len(word)] += loud * word / (word.std() + QUIET)
                at += len(word) + int(dice.exponential(0.15) * SAMPLE_RATE)
        return _level(bed)


def _coloured(exponent: float, dice: np.random.Generator) -> Sound:
    frequencies = np.fft.rfftfreq(BED, 1 / SAMPLE_RATE)
    frequencies[0] = frequencies[1]
    phases = np.exp(2j * np.pi * dice.random(len(frequencies)))
    return _level(np.fft.irfft(frequencies ** (-exponent / 2) * phases, BED).astype(np.float32))


def _band(piece: Sound, dice: np.random.Generator) -> Sound:
    low = dice.uniform(40.0, 1500.0)
    high = min(7800.0, low * dice.uniform(1.5, 8.0))
    sections = butter(2, (low, high), "bandpass", fs=SAMPLE_RATE, output="sos")
    filtered: Sound = sosfilt(sections, piece)
    return _level(filtered)


def _hum(piece: Sound, dice: np.random.Generator) -> Sound:
    """Add the mains, an engine or a whistle with four overtones."""
    base, time = dice.choice((50.0, 60.0, 100.0, 120.0, 400.0)), np.arange(len(piece)) / SAMPLE_RATE
    for harmonic in range(1, 5):
        wave = np.sin(2 * np.pi * base * harmonic * time + dice.uniform(0.0, 6.0))
        piece = piece + dice.uniform(0.0, 1.0) * wave
    return piece


def _knocks(piece: Sound, dice: np.random.Generator) -> Sound:
    for _ in range(dice.integers(1, 5)):
        fade = int(dice.uniform(20.0, 400.0))
        knock = dice.standard_normal(6 * fade) * np.exp(-np.arange(6 * fade) / fade)
        at = dice.integers(max(1, len(piece) - len(knock)))
        part = piece[at : at + len(knock)]
        part += dice.uniform(2.0, 15.0) * knock[: len(part)]
    return piece


def _swell(piece: Sound, dice: np.random.Generator) -> Sound:
    """Let the noise come and go, by up to 20 dB."""
    points = dice.uniform(-20.0, 0.0, 2 + len(piece) // SAMPLE_RATE * 2)
    loudness = np.interp(np.linspace(0, len(points) - 1, len(piece)), range(len(points)), points)
    return piece * 10 ** (loudness / 20)


def _level(piece: Sound) -> Sound:
    level: Sound = (piece / (piece.std() + QUIET)).astype(np.float32)
    return level
