"""Have a unit's process reload, and say how that ended: what ExecReload= of the units runs.

Both processes apply a configuration or neither does, whichever of them is asked. Exit status: 0
applied, 2 refused, and the running configuration is kept.
"""

import argparse
import json
import sys
from pathlib import Path

from edgenode import reloads
from edgenode.cli import _service
from edgenode.errors import ConfigError
from edgenode.exits import Exit

HELP = "have a systemd unit's process reload, and say how that ended"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the process and the form of the answer."""
    parser.add_argument("--pid", type=int, required=True, help="$MAINPID of the unit")
    parser.add_argument(
        "--file",
        type=Path,
        default=reloads.file_of(),
        help=f"where the process says how it ended; default: $RUNTIME_DIRECTORY/{reloads.FILE}",
    )
    parser.add_argument(
        "--seconds", type=_service.seconds, default=80.0, help="wait so long (default: %(default)s)"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object: ok, faults")


def run(args: argparse.Namespace) -> int:
    """Reload; print why it is refused."""
    if args.file is None:
        raise ConfigError(["--file: outside a unit name the process's file; or send it SIGHUP"])
    faults = reloads.reload(args.pid, args.file, args.seconds)
    if args.json:
        print(json.dumps({"ok": not faults, "faults": faults}))
    elif faults:
        print("\n".join(faults), file=sys.stderr)
    else:
        print("applied")
    return Exit.WRONG if faults else Exit.DONE
