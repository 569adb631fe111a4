"""Sequences: words one after the other, as somebody tries a node, and how well it hears them."""

from collections.abc import Iterable, Sequence

import numpy as np

from edgenode.demo.score.counts import Score
from edgenode.demo.score.keywords import LATEST_S, KeywordScorer
from edgenode.demo.truth import HeardWord, Moment, Truth
from edgenode.messages import VERSION, Event
from edgenode.plugin import SAMPLE_RATE
from recipes.chance import happens
from recipes.keyword.ear import Heard
from recipes.keyword.script import LABELS, OTHER, SILENCE
from recipes.keyword.script import Words as Spoken
from recipes.keyword.windows import LONGEST
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


class Sequences:
    """Sequences of the same *words* with different seeds."""

    def __init__(self, words: Spoken) -> None:
        self._words = words
        self._places, self._noises = Places(0), Noises(words[OTHER], 0)

    def sequence(self, count: int, seed: int) -> tuple[Sound, Truth]:
        """Return *count* words, each in a room of its own, in quiet noise; and the truth.

        The last one may be reported as late as any other before the sound ends.
        """
        dice = np.random.default_rng(seed)
        parts, spoken, at = [], [], _pause(dice)
        for _ in range(count):
            label = int(dice.integers(SILENCE)) if happens(dice, KEYWORDS_AMONG) else OTHER
            word = self._words[label][dice.integers(len(self._words[label]))]
            if label != OTHER:
                span = (at / SAMPLE_RATE, (at + len(word)) / SAMPLE_RATE)
                spoken.append(HeardWord(LABELS[label], *span))
            parts.append((at, self._places.heard(word[:LONGEST], dice)))
            at += len(word) + _pause(dice)
        length = at + round(LATEST_S * SAMPLE_RATE)
        return self._mixed(parts, length, dice), _truth(spoken, length / SAMPLE_RATE)

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


def score(truth: Truth, heard: Iterable[Heard]) -> Score:
    """Return how well what was *heard* of a whole sequence fits its truth, as the demo counts."""
    scorer = KeywordScorer(truth)
    for seq, (label, at_s) in enumerate(heard):
        event = Event(
            v=VERSION, ts=0, run="0" * 12, seq=seq, type="keyword", label=label, score=1.0
        )
        scorer.add(event, at_s)
    return scorer.score(truth.lasts_s)


def total(scores: Iterable[Score]) -> Score:
    """Return the score of all sequences together."""
    each = list(scores)
    return Score(
        compared=sum(one.compared for one in each),
        hits=sum(one.hits for one in each),
        wrong=sum(one.wrong for one in each),
        missed=sum(one.missed for one in each),
    )


def _event(label: str) -> Event:
    return Event(v=VERSION, ts=0, run="0" * 12, seq=0, type="keyword", label=label, score=1.0)


def _truth(spoken: Iterable[HeardWord], lasts_s: float) -> Truth:
    """Return the truth of a clip of one frame with nothing to be seen."""
    return Truth(1.0 / lasts_s, width=1, height=1, frames=(Moment(),), words=tuple(spoken))


def _pause(dice: np.random.Generator) -> int:
    return int(dice.uniform(*PAUSES_S) * SAMPLE_RATE)
