"""The recipe from end to end: words spoken, windows heard, a network taught, measured, shipped."""

import argparse
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import tensorflow as tf

from recipes import repeatable
from recipes.keyword import card, measure, script
from recipes.keyword.ear import Ear
from recipes.keyword.examples import ALIKE, OFTEN, Examples, Setting, examples
from recipes.keyword.script import Part, Words, words
from recipes.keyword.training import trained
from recipes.progress import Progress
from recipes.quantise import CALIBRATION, quantised
from recipes.shipping import MODELS, ship

NAME = "starter-keyword"
SPEECH = MODELS / ".build"
"""Where spoken words are kept from run to run."""
STEPS = {
    "training": script.TRAINING,
    "voices": script.HELD_OUT,
    "person": script.HELD_OUT_PEOPLE,
    "tuning": script.HELD_AT_EASE,
    "at ease": script.HELD_AT_EASE,
    "any pace": script.HELD_OUT,
}
"""Who speaks for what; the last two in the sequences that are reported."""
ACTED = 0.7
"""Share of the training's words that are said in another way, for each such way."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is made of everything.

    Attributes:
        windows: to learn from.
        epochs: times each of them is seen.
        tests: windows in each test.
        sequences: of words.
        said: greatest number of times a keyword is said by one part of the cast.
        every: of the other words, one in so many is said.
    """

    windows: int
    epochs: int
    tests: int
    sequences: int
    said: int
    every: int


WHOLE = Effort(windows=140_000, epochs=5, tests=3_000, sequences=6, said=600, every=1)
SHORT = Effort(windows=1_000, epochs=2, tests=500, sequences=1, said=6, every=50)


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the recipe: how much, from which seed, by how many processes."""

    effort: Effort
    seed: int
    jobs: int

    def taught(self) -> Examples:
        """Return what the network learns from."""
        return self._made("training", self.effort.windows)

    def figures(self, network: tf.keras.Model, model: bytes) -> dict[str, Any]:
        """Return what was measured of the network and of the file made of it."""
        ear = Ear(model, MODELS / NAME)
        found: dict[str, Any] = {"parameters": network.count_params(), "bytes": len(model)}
        for test in ("voices", "person"):
            windows = self._made(test, self.effort.tests)
            answers = measure.answers(network, model, windows)
            found[test] = answers.figures() | {"by_label": answers.by_label()}
        found["sequences"] = {
            voices: measure.in_sequences(ear, self.words(voices), self.effort.sequences)
            for voices in ("at ease", "any pace")
        }
        return found

    def _made(self, step: str, count: int) -> Examples:
        self.words(step)
        parts, seed = self._parts(step), self._seed(step)
        chosen = (ACTED, OFTEN) if step == "training" else (0.0, ALIKE)
        setting = Setting(parts, seed, SPEECH, *chosen)
        return examples(setting, count, self.jobs, Progress(f"{step}: windows"))

    def words(self, step: str) -> Words:
        """Return the words, spoken now by several processes if they are not kept."""
        progress = Progress(f"{step}: words")
        return words(self._parts(step), self._seed(step), SPEECH, self.jobs, progress)

    def _parts(self, step: str) -> tuple[Part, ...]:
        most, every = self.effort.said, self.effort.every
        return tuple(
            replace(part, keyword=min(part.keyword, most), every=every) for part in STEPS[step]
        )

    def _seed(self, step: str) -> int:
        """Return a seed of the step's own: its words, rooms and noises are no other's."""
        return self.seed + list(STEPS).index(step)


def main() -> int:
    """Run the recipe as the command line says."""
    args = _arguments()
    repeatable.begin(args.seed, args.jobs)
    run = Run(SHORT if args.short else WHOLE, args.seed, args.jobs)
    taught = run.taught()
    network = trained(taught, run.effort.epochs, args.seed, Progress("learning: steps"))
    model = quantised(network, taught.features[:CALIBRATION], into=tf.int8)
    figures = run.figures(network, model)
    folder = ship(NAME, model, figures, card.blocks(figures), args.out)
    print(f"{folder / NAME}.tflite: {len(model)} bytes; {card.summary(figures)}")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m recipes.keyword", description=__doc__)
    parser.add_argument("--out", type=Path, help=f"folder of the model, else models/{NAME}")
    parser.add_argument("--short", action="store_true", help="a minute: the road, not the figures")
    parser.add_argument("--seed", type=int, default=1, help="of all chance")
    parser.add_argument("--jobs", type=int, default=1, help="processes and threads at once")
    args = parser.parse_args()
    if args.short and args.out is None:
        parser.error("--short makes no model to ship: say with --out where it goes")
    return args
