"""The commands of ``edgenode``: one module each, the only room that prints."""

import argparse
import importlib
import sys
from collections.abc import Sequence

from edgenode import __version__
from edgenode.errors import ConfigError, EdgenodeError
from edgenode.exits import Exit
from edgenode.systemd import is_journal

COMMANDS: tuple[str, ...] = (
    "check",
    "defaults",
    "demo",
    "models",
    "plugins",
    "reload",
    "run",
    "schema",
    "sense",
    "try_",
    "uplink",
    "watch",
)
"""Names of the modules here; each has ``HELP``, ``add_arguments(parser)`` and ``run(args)``."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return its exit status: 0 done, 1 failed, 2 wrong use or configuration."""
    words = sys.argv[1:] if argv is None else argv
    try:
        args = parser(words).parse_args(words)
        return int(args.run(args))
    except ConfigError as error:
        for fault in error.faults:
            _complain(fault)
        return Exit.WRONG
    except EdgenodeError as error:
        _complain(str(error))
        return Exit.FAILED
    except BrokenPipeError:
        # The reader of our output has gone (`edgenode ... | head`): nobody is left to tell.
        sys.stdout = None
        return Exit.FAILED
    except KeyboardInterrupt:
        return Exit.INTERRUPTED


def _complain(words: str) -> None:
    # To the journal, as to `journalctl -p err`, it is an error as those of the log are.
    priority = "<3>" if is_journal(sys.stderr) else ""
    print(f"{priority}edgenode: {words}", file=sys.stderr)


def parser(words: Sequence[str] = ()) -> argparse.ArgumentParser:
    """Return the parser of the whole command line, or of the command that *words* begin with.

    That command alone is imported then: the uplink must not even load numpy.
    """
    parser = argparse.ArgumentParser(
        prog="edgenode",
        description="Findings from camera and microphone over MQTT; never recordings.",
    )
    parser.add_argument("--version", action="version", version=f"edgenode {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    meant = [name for name in COMMANDS if [name.rstrip("_")] == list(words[:1])]
    for name in meant or COMMANDS:
        module = importlib.import_module(f"edgenode.cli.{name}")
        command = commands.add_parser(
            name.rstrip("_"),
            help=module.HELP,
            description=(module.__doc__ or "").strip(),
        )
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    return parser
