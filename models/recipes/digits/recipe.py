"""The recipe from end to end: digits written, a network taught, quantised twice, read, shipped."""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from recipes import repeatable
from recipes.digits import card
from recipes.digits.examination import Marks, examined, papers
from recipes.digits.handwriting import ANY, Digits, known, written
from recipes.digits.strategy import strategy
from recipes.digits.training import aware, trained
from recipes.quantise import CALIBRATION, quantised, unquantised
from recipes.shipping import ship

NAME = "starter-digits"


@dataclass(frozen=True, slots=True)
class Effort:
    """How many pictures are written to learn from, and of these for the second, aware time."""

    pictures: int
    again: int


WHOLE = Effort(pictures=80_000, again=20_000)
SHORT = Effort(pictures=6_000, again=1_000)


def files(effort: Effort, seed: int, tpu: str) -> dict[str, bytes]:
    """Return the network as TFLite files: float, quantised after training, quantised aware."""
    where = strategy(tpu)
    digits = written(known(), effort.pictures, ANY, np.random.default_rng(seed))
    learnt = trained(digits, where)
    again = Digits(digits.images[: effort.again], digits.labels[: effort.again])
    felt = aware(learnt, again, where)
    samples = digits.images[:CALIBRATION] / np.float32(255.0)
    return {
        "float": unquantised(learnt),
        "int8": quantised(learnt, samples),
        "aware": quantised(felt, samples),
    }


def main() -> int:
    """Run the recipe as the command line says."""
    args = _arguments()
    repeatable.begin(args.seed, args.jobs)
    made = files(SHORT if args.short else WHOLE, args.seed, args.tpu)
    tests = papers(args.seed)
    marks = {form: examined(model, tests) for form, model in made.items()}
    figures = {form: mark.figures() for form, mark in marks.items()}
    folder = ship(NAME, made[card.SHIPS], figures, card.blocks(marks), args.out)
    print(f"{folder / NAME}.tflite: {_summary(marks[card.SHIPS])}")
    return 0


def _summary(marks: Marks) -> str:
    return f"{marks.bytes} bytes; {100 * marks.right['plain']:.1f} % of digits held out"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m recipes.digits", description=__doc__)
    parser.add_argument("--out", type=Path, help=f"folder of the model, else models/{NAME}")
    parser.add_argument("--short", action="store_true", help="seconds: the road, not the figures")
    parser.add_argument("--seed", type=int, default=1, help="of all chance")
    parser.add_argument("--jobs", type=int, default=1, help="threads at once")
    parser.add_argument("--tpu", default="", help='a Cloud TPU: its name, or "local"')
    args = parser.parse_args()
    if args.short and args.out is None:
        parser.error("--short makes no model to ship: say with --out where it goes")
    return args
