"""Measures the performance goals: both sides of each figure in one run, as medians.

    python bench/all.py [NAME ...] [--mirror DIR|URL] [--store DIR] [--json]

Exit status: 0 measured, whether or not the goals are met (`--json` says it of each); 1 nothing was.
"""

import argparse
import importlib
import json
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

from bed import Bed, MissingError
from figures import Figure, show

from edgenode.catalogue.store import default_folder
from edgenode.errors import EdgenodeError

NAMES = ("throughput", "overhead", "front_ends", "detections", "start", "memory")


@dataclass
class Outcome:
    """The figures of one benchmark; it ends early if something that it needs is missing."""

    title: str
    figures: list[Figure] = field(default_factory=list)
    missing: str = ""


def main() -> int:
    """Run the benchmarks named, or all."""
    args = _arguments()
    outcomes = {}
    with tempfile.TemporaryDirectory(prefix="edgenode-bench-") as folder:
        bed = Bed(Path(folder), args.store, args.mirror)
        for name in args.names or NAMES:
            outcomes[name] = _run(importlib.import_module(name), bed)
            if not args.json:
                _show(outcomes[name])
    if args.json:
        print(json.dumps({name: _plain(outcome) for name, outcome in outcomes.items()}))
    return 0 if any(outcome.figures for outcome in outcomes.values()) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}")
    parser.add_argument("--mirror", metavar="DIR|URL", help="where models and media are taken from")
    parser.add_argument("--store", type=Path, default=default_folder(), metavar="DIR")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    args = parser.parse_args()
    if unknown := set(args.names) - set(NAMES):
        parser.error(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    return args


def _run(benchmark: ModuleType, bed: Bed) -> Outcome:
    outcome = Outcome(benchmark.TITLE)
    try:
        for figure in benchmark.measure(bed):
            outcome.figures.append(figure)
            print(".", end="", file=sys.stderr, flush=True)
    except (EdgenodeError, MissingError) as error:
        outcome.missing = str(error)
    print(file=sys.stderr)
    return outcome


def _show(outcome: Outcome) -> None:
    show(outcome.title, outcome.figures)
    if outcome.missing:
        print(f"  SKIPPED{' the rest' if outcome.figures else ''}: {outcome.missing}", flush=True)


def _plain(outcome: Outcome) -> dict[str, object]:
    figures = [figure.plain() for figure in outcome.figures]
    return {"title": outcome.title, "figures": figures, "skipped": outcome.missing or None}


if __name__ == "__main__":
    raise SystemExit(main())
