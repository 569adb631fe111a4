"""How well a model hears: on voices it never heard, on real people, and in sequences of words."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from edgenode.accelerator.interpreter import Interpreter
from edgenode.plugin import SAMPLE_RATE
from recipes.keyword import people
from recipes.keyword.ear import Ear
from recipes.keyword.examples import Examples, features
from recipes.keyword.people import Recording
from recipes.keyword.script import LABELS, SILENCE, Words
from recipes.keyword.sequences import Score, Sequences, score
from recipes.speech.sound import Sound, pcm

REPORTED = range(100, 106)
"""Seeds of the sequences that are reported; the manifest's traits were tuned on others."""
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


def recorded(ear: Ear, recordings: Sequence[Recording]) -> Examples:
    """Return each recording as the window the node would score it by."""
    middles = [ear.middle(pcm(recording.sound)) for recording in recordings]
    labels = [LABELS.index(recording.label) for recording in recordings]
    return Examples(np.stack([features(middle) for middle in middles]), np.array(labels))


def in_sequences(ear: Ear, words: Words, count: int) -> dict[str, float]:
    """Return how well the node hears *count* sequences of those words."""
    made, total = Sequences(words), Score(0, 0, 0)
    for seed in REPORTED[:count]:
        sound, spoken = made.sequence(WORDS, seed)
        total += score(spoken, ear.hears(pcm(sound)))
    return {
        "said": total.said,
        "heard": total.heard,
        "right": total.right,
        "precision": round(total.precision, 3),
        "recall": round(total.recall, 3),
    }


def on_recordings(network: tf.keras.Model, model: bytes, ear: Ear) -> dict[str, object] | None:
    """Return the figures of real people and real noise, None where there are no recordings."""
    recordings = people.recordings()
    if not recordings:
        return None
    found = answers(network, model, recorded(ear, recordings))
    talk = people.talk()
    quiet = found.wanted == SILENCE
    return {
        "words": found.of(~quiet).figures(),
        "noise": found.of(quiet).figures(),
        "by_label": found.by_label(),
        "sequences": {said: _words(ear, sound) for said, sound in people.sequences().items()},
        "talk": {
            "seconds": round(sum(map(len, talk)) / SAMPLE_RATE),
            "reported": [label for sound in talk for label in _words(ear, sound).split()],
        },
    }


def _words(ear: Ear, sound: Sound) -> str:
    return " ".join(heard.label for heard in ear.hears(pcm(sound)))
