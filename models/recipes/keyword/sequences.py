"""Sequences: words one after the other, as somebody tries a node, and how well it hears them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgenode.plugin import SAMPLE_RATE
from recipes.keyword.ear import Heard
from recipes.keyword.script import LABELS, OTHER, SILENCE, Words
from recipes.keyword.windows import LONGEST
from recipes.speech.chance import happens
from recipes.speech.delivery import Places
from recipes.speech.noise import Noises
from recipes.speech.sound import Sound

PAUSES_S = (0.5, 2.0)
NOISE_DB = (-35.0, -20.0)
"""Level of the noise, beside that of the words."""
PIECE = 10 * SAMPLE_RATE
"""Samples of noise of one kind; then comes another."""
KEYWORDS_AMONG = 0.7
"""Share of the words that are keywords; the others are to be passed over."""
LATE_S = 1.3
"""How long after its end a word may be reported: a window and the smoothing."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A keyword in a sequence, and from when to when it is spoken, in seconds."""

    label: str
    start_s: float
    end_s: float

    def is_meant_by(self, report: Heard) -> bool:
        """Return whether the report names this word while or just after it is spoken."""
        in_time = self.start_s <= report.at_s <= self.end_s + LATE_S
        return in_time and report.label == self.label


@dataclass(frozen=True, slots=True)
class Score:
    """How many keywords were said, how many reported, and how many of those were right."""

    said: int
    heard: int
    right: int

    def __add__(self, other: "Score") -> "Score":
        """Return the score of both."""
        return Score(self.said + other.said, self.heard + other.heard, self.right + other.right)

    @property
    def precision(self) -> float:
        """Share of what was reported that was said."""
        return self.right / max(self.heard, 1)

    @property
    def recall(self) -> float:
        """Share of what was said that was reported."""
        return self.right / max(self.said, 1)


class Sequences:
    """Sequences of the same *words* with different seeds."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._places, self._noises = Places(0), Noises(words[OTHER], 0)

    def sequence(self, count: int, seed: int) -> tuple[Sound, list[Spoken]]:
        """Return *count* words, each in a room of its own, in quiet noise; and the keywords."""
        dice = np.random.default_rng(seed)
        parts, spoken, at = [], [], _pause(dice)
        for _ in range(count):
            label = int(dice.integers(SILENCE)) if happens(KEYWORDS_AMONG, dice) else OTHER
            word = self._words[label][dice.integers(len(self._words[label]))]
            if label != OTHER:
                span = (at / SAMPLE_RATE, (at + len(word)) / SAMPLE_RATE)
                spoken.append(Spoken(LABELS[label], *span))
            parts.append((at, self._places.heard(word[:LONGEST], dice)))
            at += len(word) + _pause(dice)
        return self._mixed(parts, at, dice), spoken

    def _mixed(
        self, parts: Sequence[tuple[int, Sound]], length: int, dice: np.random.Generator
    ) -> Sound:
        pieces = [self._noises.draw(PIECE, dice) for _ in range(length // PIECE + 1)]
        level = 10 ** (dice.uniform(*NOISE_DB) / 20)
        mixed = np.concatenate(pieces)[:length] * np.float32(level)
        for at, word in parts:
            within = word[: length - at] / word.std()
            mixed[at : at + len(within)] += within
        loud: Sound = mixed * np.float32(dice.uniform(0.2, 0.9)) / np.abs(mixed).max()
        return loud


def score(spoken: Sequence[Spoken], heard: Sequence[Heard]) -> Score:
    """Return how well *heard* fits *spoken*: a report counts for one word, said just before."""
    missed = list(spoken)
    for report in heard:
        meant = next((word for word in missed if word.is_meant_by(report)), None)
        if meant is not None:
            missed.remove(meant)
    return Score(len(spoken), len(heard), len(spoken) - len(missed))


def _pause(dice: np.random.Generator) -> int:
    return int(dice.uniform(*PAUSES_S) * SAMPLE_RATE)
