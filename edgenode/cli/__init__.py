"""The commands of ``edgenode``, one module each. Only this package prints."""

import argparse
import importlib
import io
import sys
from collections.abc import Sequence

from edgenode import __version__
from edgenode.config.faults import near
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
    "status",
    "try_",
    "uplink",
    "watch",
)
"""Names of the modules here; each has ``HELP``, ``add_arguments(parser)`` and ``run(args)``."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return its exit status: 0 done, 1 failed, 2 wrong use or configuration."""
    arguments = sys.argv[1:] if argv is None else argv
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A label or a file's name may have characters that the terminal's encoding has not.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        args = parser(arguments).parse_args(arguments)
        return int(args.run(args))
    except ConfigError as error:
        for fault in error.faults:
            _print_error(fault)
        return Exit.WRONG
    except EdgenodeError as error:
        _print_error(str(error))
        return Exit.FAILED
    except BrokenPipeError:
        # The reader of stdout has ended (`edgenode ... | head`). Without this line the interpreter
        # would print an error of its own while it flushes stdout at exit.
        sys.stdout = None
        return Exit.FAILED
    except KeyboardInterrupt:
        return Exit.INTERRUPTED


def _print_error(message: str) -> None:
    # With the priority of an error the journal shows it under `journalctl -p err`, like the log's.
    priority = "<3>" if is_journal(sys.stderr) else ""
    print(f"{priority}edgenode: {message}", file=sys.stderr)


def parser(arguments: Sequence[str] = ()) -> argparse.ArgumentParser:
    """Return the parser of the command that *arguments* start with, or of all commands.

    Only the modules of these commands are imported: the uplink must not even load numpy.
    """
    parser = argparse.ArgumentParser(
        prog="edgenode",
        description="Findings from camera and microphone over MQTT; never recordings.",
    )
    parser.add_argument("--version", action="version", version=f"edgenode {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=_Command)
    # `try_` is the command `try`, which cannot be the name of a module.
    named = [name for name in COMMANDS if [name.rstrip("_")] == list(arguments[:1])]
    for name in named or COMMANDS:
        module = importlib.import_module(f"edgenode.cli.{name}")
        command = commands.add_parser(
            name.rstrip("_"),
            help=module.HELP,
            description=(module.__doc__ or "").strip(),
        )
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    return parser


class _Command(argparse.ArgumentParser):
    """The parser of one command: what it does not know is told with its own usage."""

    def parse_known_args(  # type: ignore[override] # argparse has overloads for a namespace's type
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        found, unknown = super().parse_known_args(args, namespace)
        if unknown:
            options = [name for action in self._actions for name in action.option_strings]
            hint = near(unknown[0].partition("=")[0], options)
            self.error(f"unrecognized arguments: {' '.join(unknown)}{hint}")
        return found, unknown
