"""How well a model hears: voices it never heard, in single windows and in sequences of words."""

from dataclasses import dataclass

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from edgenode.accelerator.interpreter import Interpreter
from recipes.keyword.ear import Ear
from recipes.keyword.examples import Examples
from recipes.keyword.script import LABELS, Words
from recipes.keyword.sequences import Sequences, score, total
from recipes.speech.sound import pcm

REPORTED = range(200, 206)
"""Seeds of the sequences that are reported; nobody chose anything by them."""
WORDS = 40
"""Spoken in each sequence."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What a model says to windows, before and after quantising: places in ``LABELS``."""

    wanted: NDArray[np.int64]
    unquantised: NDArray[np.int64]
    quantised: NDArray[np.int64]

    def of(self, chosen: NDArray[np.bool_]) -> "Answers":
        """Return the answers to some of the windows."""
        return Answers(self.wanted[chosen], self.unquantised[chosen], self.quantised[chosen])

    def figures(self) -> dict[str, float]:
        """Return how many windows there are, and the shares of right answers."""
        return {
            "count": len(self.wanted),
            "float": round(float((self.unquantised == self.wanted).mean()), 4),
            "int8": round(float((self.quantised == self.wanted).mean()), 4),
        }

    def by_label(self) -> dict[str, dict[str, float]]:
        """Return the figures of each label that is wanted at all."""
        each = {label: self.of(self.wanted == place) for place, label in enumerate(LABELS)}
        return {label: part.figures() for label, part in each.items() if len(part.wanted)}


def answers(network: tf.keras.Model, model: bytes, tests: Examples) -> Answers:
    """Return what the network and the file made of it say to the windows of *tests*."""
    engine = Interpreter(model, "starter-keyword")
    quantise = engine.inputs[0].quantise
    said = [engine.infer(quantise(window[np.newaxis]))[0].argmax() for window in tests.features]
    expected = network.predict(tests.features, batch_size=500, verbose=0).argmax(1)
    return Answers(tests.labels, expected, np.array(said))


def in_sequences(ear: Ear, words: Words, count: int) -> dict[str, float]:
    """Return how well the node hears *count* sequences of those words."""
    made = Sequences(words)
    drawn = (made.sequence(WORDS, seed) for seed in REPORTED[:count])
    found = total(score(truth, ear.hears(pcm(sound))) for sound, truth in drawn)
    return {
        "said": found.compared,
        "heard": found.hits + found.wrong,
        "right": found.hits,
        "precision": round(found.precision or 0.0, 3),
        "recall": round(found.recall or 0.0, 3),
    }
