"""Examples: features of windows with their labels, made by a few processes.

The features are those of the node's own front-end, from samples of 16 bits as a microphone gives
them: a model is asked on the node exactly what it was taught here.
"""

import multiprocessing
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edgenode.plugin import Audio
from edgenode.sense.plugins.front_ends.mfcc import Mfcc
from recipes.keyword.script import LABELS, OTHER, SILENCE, Part, words
from recipes.keyword.windows import Stage
from recipes.speech.delivery import Places
from recipes.speech.library import OnProgress
from recipes.speech.noise import Noises
from recipes.speech.sound import pcm

ROUND = 500
"""Examples made at once, by one process, from one seed."""

OFTEN = (*[0.075] * SILENCE, 0.06, 0.19)
"""How often each label comes in training."""
ALIKE = (*[1 / len(LABELS)] * len(LABELS),)
"""How often each label comes in a test, as in that of the Speech Commands."""


@dataclass(frozen=True, slots=True)
class Examples:
    """Features [n, 49, 10, 1] float32 and labels [n]."""

    features: NDArray[np.float32]
    labels: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Setting:
    """All that settles which examples there are.

    Attributes:
        parts: who says what.
        seed: of all chance.
        folder: where spoken words are kept.
        acted: see ``Stage``.
        shares: how often each label comes.
    """

    parts: tuple[Part, ...]
    seed: int
    folder: Path
    acted: float
    shares: tuple[float, ...]

    def stage(self) -> Stage:
        """Return the stage; words not yet spoken are spoken now."""
        said = words(self.parts, self.seed, self.folder)
        crowd = said[OTHER][:: max(1, len(said[OTHER]) // 400)]
        return Stage(said, Noises(crowd, self.seed), Places(self.seed), self.acted)


def examples(setting: Setting, count: int, jobs: int, progress: OnProgress) -> Examples:
    """Return *count* examples, a multiple of ``ROUND``: the same for any number of *jobs*."""
    rounds = [(setting, number) for number in range(count // ROUND)]
    made: list[Examples] = []
    # Forked processes would copy the locks of the network's threads.
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        for part in pool.imap(_round, rounds):
            made.append(part)
            progress(len(made) * ROUND, count)
    return joined(made)


def joined(parts: Sequence[Examples]) -> Examples:
    """Return the examples of all parts, in order."""
    return Examples(
        np.concatenate([part.features for part in parts]),
        np.concatenate([part.labels for part in parts]),
    )


def features(window: NDArray[np.int16]) -> NDArray[np.float32]:
    """Return what the node's front-end makes of a window [16000], in [49, 10, 1]."""
    front_end = _front_end()
    front_end.reset()
    made = front_end.features(Audio(samples=window, position=0, captured_at=0.0))
    return made[..., np.newaxis]


def _round(order: tuple[Setting, int]) -> Examples:
    setting, number = order
    stage = _stage(setting)
    dice = np.random.default_rng((setting.seed, number))
    labels = dice.choice(len(LABELS), ROUND, p=setting.shares)
    windows = [pcm(stage.window(label, dice)) for label in labels]
    return Examples(np.stack([features(window) for window in windows]), labels)


@cache
def _stage(setting: Setting) -> Stage:
    """Return the setting's stage, built once in each process."""
    return setting.stage()


@cache
def _front_end() -> Mfcc:
    return Mfcc()
