"""How a recipe is called, and how much it makes of everything."""

import argparse
from dataclasses import dataclass
from pathlib import Path

from recipes.vision.training import Schedule

HELD_OUT = 10_000_000
"""Seed of the first held-out scene."""
CHOOSING = 20_000_000
"""Seed of the first scene that settings are chosen on."""
SEEDS = 100_000
"""Scenes that a seed of the recipe may have of its own."""


@dataclass(frozen=True)
class Effort:
    """How many *scenes* are learnt from, and for how long.

    *held_out* scenes measure, and as many more choose settings.
    """

    scenes: int
    schedule: Schedule
    held_out: int


@dataclass(frozen=True)
class Run:
    """What the command line says."""

    effort: Effort
    seed: int
    jobs: int
    out: Path | None

    @property
    def scenes(self) -> range:
        """Seeds of the scenes to learn from, which no other seed has."""
        begin = self.seed * SEEDS
        return range(begin, begin + self.effort.scenes)

    @property
    def held_out(self) -> range:
        """Seeds of the scenes for measuring, the same ones for every seed."""
        return range(HELD_OUT, HELD_OUT + self.effort.held_out)

    @property
    def choosing(self) -> range:
        """Seeds of the scenes for choosing settings, the same ones for every seed."""
        return range(CHOOSING, CHOOSING + self.effort.held_out)


def asked(name: str, whole: Effort, short: Effort) -> Run:
    """Return what the command line of recipe *name* asks for."""
    parser = argparse.ArgumentParser(prog=f"python -m recipes.{name}")
    parser.add_argument("--out", type=Path, help=f"folder of the model, else models/starter-{name}")
    parser.add_argument("--short", action="store_true", help="a minute: the road, not the figures")
    parser.add_argument("--seed", type=int, default=1, help="of all chance, 0 to 99")
    parser.add_argument("--jobs", type=int, default=1, help="processes and threads at once")
    args = parser.parse_args()
    if args.short and args.out is None:
        parser.error("--short makes no model to ship: say with --out where it goes")
    if not 0 <= args.seed < HELD_OUT // SEEDS:
        parser.error(f"no seed {args.seed}: take one from 0 to {HELD_OUT // SEEDS - 1}")
    return Run(short if args.short else whole, args.seed, args.jobs, args.out)
