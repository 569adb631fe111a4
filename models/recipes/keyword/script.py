"""What is said for the recipe: which words, how often, by whom."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np

from recipes.speech import cast
from recipes.speech.cast import Cast
from recipes.speech.engines import Line
from recipes.speech.library import OnProgress, spoken
from recipes.speech.sound import Sound
from recipes.speech.words import KEYWORDS, LIKE, UNKNOWN

LABELS = (*KEYWORDS, "silence", "unknown")
SILENCE, OTHER = LABELS.index("silence"), LABELS.index("unknown")

Words: TypeAlias = tuple[tuple[Sound, ...], ...]
"""Spoken words by label; of silence there are none."""


@dataclass(frozen=True, slots=True)
class Part:
    """Who speaks, and how often each word is said.

    Attributes:
        cast: drawn from anew each time.
        keyword: times each keyword is said.
        like: times each word that sounds like one.
        other: times each of the others.
        every: of the words that are no keywords only one in so many is said.
    """

    cast: Cast
    keyword: int
    like: int
    other: int
    every: int = 1

    def lines(self, dice: np.random.Generator) -> Iterator[tuple[Line, int]]:
        """Yield each line with its label."""
        for word in (*KEYWORDS, *UNKNOWN[:: self.every]):
            known = LABELS.index(word) if word in KEYWORDS else OTHER
            rare = self.like if word in LIKE else self.other
            for _ in range(self.keyword if word in KEYWORDS else rare):
                yield self.cast.say(word, dice), known


TRAINING = (
    Part(cast.TRAINING, keyword=600, like=14, other=8),
    Part(cast.TRAINING_PEOPLE, keyword=480, like=12, other=6),
)
HELD_OUT = (Part(cast.HELD, keyword=60, like=1, other=1),)
HELD_AT_EASE = (Part(cast.HELD_AT_EASE, keyword=30, like=1, other=1),)
HELD_OUT_PEOPLE = (Part(cast.HELD_OUT_PEOPLE, keyword=20, like=1, other=0),)


def words(
    parts: Sequence[Part],
    seed: int,
    folder: Path,
    jobs: int = 1,
    progress: OnProgress | None = None,
) -> Words:
    """Return what *parts* say, spoken now or taken from *folder*.

    Raises:
        RuntimeError: a speech engine is not installed.
    """
    dice = np.random.default_rng(seed)
    said = [pair for part in parts for pair in part.lines(dice)]
    sounds = spoken([line for line, _ in said], folder, jobs, progress)
    by_label: list[list[Sound]] = [[] for _ in LABELS]
    for (_, label), sound in zip(said, sounds, strict=True):
        by_label[label].append(sound)
    return tuple(map(tuple, by_label))
