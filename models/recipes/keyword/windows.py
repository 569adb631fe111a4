"""Windows: one second as the node's microphone would hear it, and what is to be heard in it."""

from dataclasses import dataclass

import numpy as np

from edgenode.sense.plugins.front_ends.mfcc import Mfcc
from recipes.chance import happens
from recipes.keyword.script import OTHER, SILENCE, Words
from recipes.speech import delivery
from recipes.speech.delivery import Places
from recipes.speech.noise import Noises
from recipes.speech.sound import Sound

WINDOW = Mfcc.cut.window
LONGEST = WINDOW * 3 // 2
"""Samples of a word that are used; only the slowest voices need more."""
KEPT = 0.12
"""Share of a keyword that may be outside its window: it is still that word."""
CUT = (0.15, 0.45)
"""Share of a keyword inside a window that is too little to know the word."""
GAP = WINDOW // 8
"""Least silence between two words, in samples."""


@dataclass(frozen=True, slots=True)
class Stage:
    """What windows are made from.

    Attributes:
        words: by label.
        noises: beside them.
        places: around them.
        acted: share of the words that are said in another way than the voice said them.
    """

    words: Words
    noises: Noises
    places: Places
    acted: float

    def window(self, label: int, dice: np.random.Generator) -> Sound:
        """Return a window of *label*, at most full scale."""
        if label == SILENCE:
            return _loud(self.noises.draw(WINDOW, dice), dice.uniform(-55.0, 0.0))
        said = self._unknown(dice) if label == OTHER else self._keyword(label, dice)
        heard = self.places.heard(said, dice)[:WINDOW]
        if happens(dice, 0.9):
            ratio = dice.uniform(-2.0, 38.0)
            level = heard.std() * 10 ** (-ratio / 20)
            heard += level * self.noises.draw(WINDOW, dice)
        if happens(dice, 0.1):
            heard = delivery.squared_off(heard, dice)
        return _loud(heard, dice.uniform(-26.0, 0.0))

    def _keyword(self, label: int, dice: np.random.Generator) -> Sound:
        word = self._said(label, dice)
        spare = WINDOW - len(word)
        edge = int(KEPT * len(word))
        start = dice.integers(min(0, spare) - edge, max(0, spare) + edge + 1)
        window = _placed(word, start)
        if start > 2 * GAP and happens(dice, 0.2):
            other = self._said(OTHER, dice)
            window += _placed(other, start - GAP - dice.integers(GAP) - len(other))
        return window

    def _unknown(self, dice: np.random.Generator) -> Sound:
        """Return another word, some talk, or too little of a keyword."""
        if happens(dice, 0.15):
            return self._cut_short(dice)
        word = self._said(OTHER, dice)
        if happens(dice, 0.25):
            word = np.concatenate([self._said(OTHER, dice), word, self._said(OTHER, dice)])
            return _placed(word, -dice.integers(max(1, len(word) - WINDOW)))
        free = (WINDOW - len(word)) // 2
        return _placed(word, free + dice.integers(-WINDOW // 3, WINDOW // 3))

    def _cut_short(self, dice: np.random.Generator) -> Sound:
        word = self._said(int(dice.integers(SILENCE)), dice)
        inside = int(len(word) * dice.uniform(*CUT))
        return _placed(word, dice.choice((WINDOW - inside, inside - len(word))))

    def _said(self, label: int, dice: np.random.Generator) -> Sound:
        said = self.words[label]
        word = said[dice.integers(len(said))][:LONGEST]
        for change in (delivery.wavering, delivery.uneven, delivery.articulated):
            if happens(dice, self.acted):
                word = change(word, dice)
        level: Sound = word / (np.abs(word).max(initial=0.0) + delivery.QUIET)
        return level


def _placed(word: Sound, start: int) -> Sound:
    """Return a window in which *word* begins at *start*, which may be before or after it."""
    window = np.zeros(WINDOW, np.float32)
    part = word[max(0, -start) :][: max(0, WINDOW - max(0, start))]
    window[max(0, start) :][: len(part)] = part
    return window


def _loud(heard: Sound, decibels: float) -> Sound:
    """Return what was heard with its peak that far below full scale, or above it."""
    peak = np.abs(heard).max() + delivery.QUIET
    return (heard * (10 ** (decibels / 20) / peak)).astype(np.float32)
