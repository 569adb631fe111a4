"""Feeds cases to one module of this folder, in a process of its own; see ``all.py``.

    python fuzz/worker.py MODULE SEED FIRST COUNT CASE_FILE

Each case is written to CASE_FILE and its number to standard output before it is tried, so that the
parent knows which one ended or stopped this process. The last line is the peak of memory in MB;
above ``MOST_MB`` the process ends with an error after the case that took so much.
"""

import faulthandler
import importlib
import itertools
import random
import resource
import sys
from pathlib import Path

MOST_MB = 500


def main(name: str, seed: str, first: str, count: str, file: str) -> None:
    """Try *count* cases from number *first* on."""
    faulthandler.enable()
    module = importlib.import_module(name)
    # The same seed gives the same cases: those before *first* are made again and left out.
    cases = module.cases(random.Random(f"{name} {seed}"))
    first_, last = int(first), int(first) + int(count)
    for number, case in enumerate(itertools.islice(cases, first_, last), first_):
        Path(file).write_bytes(case if isinstance(case, bytes) else repr(case).encode())
        print(number, flush=True)
        module.try_one(case)
        if (peak := _peak_mb()) > MOST_MB:
            raise SystemExit(f"took {peak} MB, at most {MOST_MB} may be")
    print(f"peak {_peak_mb()}", flush=True)


def _peak_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    main(*sys.argv[1:])
