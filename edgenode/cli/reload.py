"""Have a unit's process reload its configuration, and print the outcome (for ExecReload=).

Either both processes apply the configuration or neither does; it does not matter which one is
asked. Exit status: 0 applied; 2 refused, the running configuration stays in force.
"""

import argparse
import json
from pathlib import Path

from edgenode import reloads
from edgenode.cli import _service
from edgenode.errors import ConfigError
from edgenode.exits import Exit

OWN_FILE = (
    "a process reads the file that it was started with: `systemctl reload edgenode-sense` has the "
    "services do so, `kill -HUP PID` an `edgenode run`"
)

HELP = "have a systemd unit's process reload, and say how that ended"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    # Not for use: who gives a configuration here, as to other commands, is told what to do.
    parser.add_argument("config", nargs="?", help=argparse.SUPPRESS)
    parser.add_argument("--pid", type=int, help="$MAINPID of the unit; required")
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
    """Reload; print ``applied``, or why it is refused."""
    if args.config is not None:
        raise ConfigError([f"{args.config}: not taken by reload; {OWN_FILE}"])
    if args.pid is None:
        raise ConfigError([f"--pid: missing; {OWN_FILE}"])
    # Outside a unit there is no RUNTIME_DIRECTORY, and so no default file.
    if args.file is None:
        cure = "for the unit of sense give /run/edgenode-sense/reload.json, for that of the uplink"
        cure += " /run/edgenode/reload.json; `edgenode run` reloads by `kill -HUP` and its pid"
        raise ConfigError([f"--file: missing; {cure}"])
    faults = reloads.reload(args.pid, args.file, args.seconds)
    if args.json:
        print(json.dumps({"ok": not faults, "faults": faults}))
    elif faults:
        # As every error, so that the journal has them with the priority of one.
        raise ConfigError(faults)
    else:
        print("applied")
    return Exit.WRONG if faults else Exit.DONE
