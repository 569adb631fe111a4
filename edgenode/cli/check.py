"""Tell everything that is wrong with a configuration at once; exit status 0 or 2."""

import argparse
import json
import sys
from pathlib import Path

from edgenode import config
from edgenode.sense.plan import plan

HELP = "tell everything that is wrong with a configuration"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the file and the form of the answer."""
    parser.add_argument(
        "file",
        metavar="FILE",
        nargs="?",
        type=Path,
        default=config.DEFAULT_PATH,
        help="its drop-ins in FILE's stem with .d are read too (default: %(default)s)",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object: ok, file, faults")


def run(args: argparse.Namespace) -> int:
    """Print the faults on stderr, or that there are none."""
    found, faults = config.examine(args.file)
    wanted = plan(found)
    if found.plugins or not faults:
        faults += map(found.line, wanted.faults())
    if args.json:
        print(json.dumps({"ok": not faults, "file": str(args.file), "faults": faults}))
    elif faults:
        print("\n".join(faults), file=sys.stderr)
    else:
        counts = f"{len(wanted.sources)} sources, {len(wanted.plugins)} plugins"
        print(f"ok: {args.file}, {counts}")
    return 2 if faults else 0
