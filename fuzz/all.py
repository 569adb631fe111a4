"""Feeds mutated files and messages to what reads them, and tells what was not answered properly.

    python fuzz/all.py [NAME ...] [--cases N] [--seed S] [--json]

Nothing but an error of the project may come of a case: no other exception, no crash, no case that
takes longer than 20 s (`--case-seconds`) or more than 500 MB. A case that fails is kept as a file
in fuzz/found/. The same seed makes the same cases. Exit status: 0 nothing was found, 1 something.
"""

import argparse
import importlib.util
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

FOLDER = Path(__file__).parent
COUNTS = {
    "pictures": 10_000,
    "videos": 5_000,
    "sounds": 5_000,
    "manifests": 5_000,
    "tflite_files": 5_000,
    "model_trials": 300,
    "configurations": 5_000,
    "messages": 10_000,
}
"""The modules, and how many cases of each are tried."""

MOST_FOUND = 20
"""After this many finds a module is given up: more of them say nothing new."""


@dataclass
class Find:
    """A case that was not answered properly."""

    number: int
    what: str
    file: str


@dataclass
class Outcome:
    """What came of one module's cases."""

    tried: int = 0
    seconds: float = 0.0
    peak_mb: int = 0
    found: list[Find] = field(default_factory=list)


def main() -> int:
    """Fuzz the modules named, or all."""
    args = _arguments()
    outcomes = {}
    for name in args.names or COUNTS:
        outcomes[name] = outcome = run(name, args.cases or COUNTS.get(name, 1000), args)
        if not args.json:
            _show(name, outcome)
    if args.json:
        print(json.dumps({name: asdict(outcome) for name, outcome in outcomes.items()}))
    return 1 if any(outcome.found for outcome in outcomes.values()) else 0


def run(name: str, count: int, args: argparse.Namespace) -> Outcome:
    """Try *count* cases of the module *name*; a worker that ends is started behind its case."""
    outcome, started = Outcome(), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="edgenode-fuzz-") as folder:
        case = Path(folder) / "case"
        while outcome.tried < count and len(outcome.found) < MOST_FOUND:
            numbers = str(args.seed), str(outcome.tried), str(count - outcome.tried)
            what = _work([name, *numbers, str(case)], args.case_seconds, outcome)
            if what:
                number = outcome.tried - 1
                kept = args.found / f"{name}-{args.seed}-{number}"
                kept.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(case, kept)
                outcome.found.append(Find(number, what, str(kept)))
    outcome.seconds = round(time.monotonic() - started, 1)
    return outcome


def _work(arguments: Sequence[str], case_s: float, outcome: Outcome) -> str:
    """Run one worker to its end; return what is wrong with its last case, empty if nothing is."""
    command = [sys.executable, str(FOLDER / "worker.py"), *arguments]
    # The tests' own generators make the files that are mutated.
    path = os.pathsep.join([str(FOLDER.parent), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": path}
    with (
        tempfile.TemporaryFile("w+b") as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, env=environment) as worker,
    ):
        for line in _lines(worker, case_s):
            if not line:
                worker.kill()
                return f"has not ended after {case_s:g} s"
            what, _, value = line.rpartition(" ")
            if what:
                outcome.peak_mb = max(outcome.peak_mb, int(value))
            else:
                outcome.tried = int(value) + 1
        status = worker.wait()
        errors.seek(0)
        return _last_words(status, errors.read().decode(errors="replace")) if status else ""


def _lines(worker: "subprocess.Popen[bytes]", timeout: float) -> Iterator[str]:
    """Yield the lines of *worker*; if none comes in *timeout* s, an empty one is the last."""
    assert worker.stdout is not None  # noqa: S101 for mypy
    rest = b""
    while True:
        if not select.select([worker.stdout], [], [], timeout)[0]:
            yield ""
            return
        received = worker.stdout.read1()
        if not received:
            return
        *lines, rest = (rest + received).split(b"\n")
        yield from (line.decode() for line in lines)


def _last_words(status: int, errors: str) -> str:
    """Return in one line how the worker ended."""
    if status < 0:
        return f"ended by signal {-status}"
    return (errors.strip().splitlines() or [f"exit status {status}"])[-1]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(COUNTS)}")
    parser.add_argument("--cases", type=int, metavar="N", help="of each, instead of all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--case-seconds", type=float, default=20.0, metavar="S")
    parser.add_argument("--found", type=Path, default=FOLDER / "found", metavar="DIR")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    args = parser.parse_args()
    if unknown := [name for name in args.names if importlib.util.find_spec(name) is None]:
        parser.error(f"no fuzzer {', '.join(unknown)}; there are {', '.join(COUNTS)}")
    if args.cases is not None and args.cases < 1:
        parser.error(f"--cases {args.cases}: at least 1")
    return args


def _show(name: str, outcome: Outcome) -> None:
    figures = f"{outcome.tried:6} cases  {outcome.seconds:7.1f} s  {outcome.peak_mb:4} MB"
    print(f"{name:16}{figures}  {len(outcome.found) or 'nothing'} found", flush=True)
    for find in outcome.found:
        print(f"    case {find.number}: {find.what}  {find.file}", flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
