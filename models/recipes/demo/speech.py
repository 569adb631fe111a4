"""Speech of a clip: words of the ten among others, by voices kept out of the training."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from edgenode.plugin import SAMPLE_RATE
from recipes.demo.truth import HeardWord
from recipes.speech.cast import HELD, Cast
from recipes.speech.delivery import Places
from recipes.speech.engines import perform
from recipes.speech.sound import Sound
from recipes.speech.words import KEYWORDS

VOICES = Cast(HELD.voices, slowest=0.8, fastest=1.1, octaves=0.25)
FIRST_S, LAST_S = 0.8, 1.0
"""Silence at both ends."""
LOUDNESS = 0.09
"""Root mean square of a word."""
TALKERS = 5
LOWEST_HZ = 50.0


@dataclass(frozen=True)
class Script:
    """What is said, in this order, over the clip's whole length."""

    words: tuple[str, ...]
    rooms: bool
    """Whether one hears the room and the microphone."""
    noise: str
    """room or babble."""
    below_db: float
    """How far the noise is below the words."""


def spoken(script: Script, lasts_s: float, seed: int) -> tuple[Sound, tuple[HeardWord, ...]]:
    """Return the sound of the whole clip, and when each of the ten words begins and ends."""
    dice = np.random.default_rng(seed)
    track = np.zeros(round(lasts_s * SAMPLE_RATE), np.float32)
    places, heard = Places(seed, count=8), []
    for word, begin_s in zip(script.words, _beginnings(script.words, lasts_s, dice), strict=True):
        sound = perform(VOICES.say(word, dice))
        length_s = len(sound) / SAMPLE_RATE
        if script.rooms:
            sound = places.heard(sound, dice)
        _mix(track, sound, begin_s)
        if word in KEYWORDS:
            heard.append(HeardWord(word, round(begin_s, 3), round(begin_s + length_s, 3)))
    return track + _noise(script, len(track), dice), tuple(heard)


def _beginnings(words: Sequence[str], lasts_s: float, dice: np.random.Generator) -> Iterator[float]:
    """Yield when each word begins: about equally far apart."""
    apart_s = (lasts_s - FIRST_S - LAST_S) / len(words)
    for index in range(len(words)):
        yield FIRST_S + (index + float(dice.uniform(0.0, 0.15))) * apart_s


def _mix(track: Sound, sound: Sound, begin_s: float) -> None:
    begin = round(begin_s * SAMPLE_RATE)
    part = track[begin : begin + len(sound)]
    part += sound[: len(part)] * (LOUDNESS / (float(sound.std()) + 1e-9))


def _noise(script: Script, length: int, dice: np.random.Generator) -> Sound:
    """Return noise for the whole clip: of a quiet room, or of people talking in it."""
    if script.noise == "babble":
        noise = np.sum([_talk(script, length, dice) for _ in range(TALKERS)], axis=0)
    else:
        noise = _hiss(length, dice)
    level = LOUDNESS * 10 ** (-script.below_db / 20) / float(np.std(noise))
    return (noise * np.float32(level)).astype(np.float32)


def _hiss(length: int, dice: np.random.Generator) -> Sound:
    """Return noise whose power falls with the frequency, as that of fans and streets does."""
    frequencies = np.maximum(np.fft.rfftfreq(length, 1 / SAMPLE_RATE), LOWEST_HZ)
    spectrum = np.fft.rfft(dice.standard_normal(length)) / np.sqrt(frequencies)
    return np.fft.irfft(spectrum, length).astype(np.float32)


def _talk(script: Script, length: int, dice: np.random.Generator) -> Sound:
    """Return somebody who says the words that are none of the ten, over and over."""
    others = [word for word in script.words if word not in KEYWORDS]
    said = [perform(VOICES.say(str(word), dice)) for word in dice.permutation(others)]
    once = np.concatenate([sound / (float(sound.std()) + 1e-9) for sound in said])
    return np.resize(np.roll(once, int(dice.integers(len(once)))), length)
