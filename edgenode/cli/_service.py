"""Arguments that several commands share."""

import argparse
from pathlib import Path

from edgenode import service
from edgenode.config import DEFAULT_PATH


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``run``, ``sense`` and ``uplink``."""
    add_config(parser)
    parser.add_argument(
        "--socket", type=Path, metavar="PATH", help="default: handover.socket of the configuration"
    )
    parser.add_argument("--verbose", action="store_true", help="log more")
    parser.add_argument("--parent", type=int, help=argparse.SUPPRESS)


def add_config(parser: argparse.ArgumentParser) -> None:
    """Add the configuration's file as ``config``: ``FILE`` alone or ``--config FILE``."""
    group = parser.add_mutually_exclusive_group()
    # SUPPRESS: else the default of a FILE that is not given would replace that of --config.
    group.add_argument(
        "config",
        metavar="FILE",
        nargs="?",
        type=_path,
        default=argparse.SUPPRESS,
        help=f"its drop-ins in FILE's stem with .d are read too (default: {DEFAULT_PATH})",
    )
    group.add_argument("--config", metavar="FILE", type=Path, default=DEFAULT_PATH, help="the same")


def _path(text: str) -> Path | str:
    # Before Python 3.13 argparse converts this default, too.
    return text if text == argparse.SUPPRESS else Path(text)


def begin(args: argparse.Namespace, process: str) -> None:
    """Set up logging. With ``--parent``, have this process die when its parent does."""
    service.log_to_stderr(verbose=args.verbose, process=process)
    if args.parent:
        service.end_with(args.parent)


def seconds(text: str) -> float:
    """Return *text* as seconds, for ``type=`` of argparse; refuse 0, negative numbers and NaN."""
    value = float(text)
    # Not `<= 0`: NaN compares false with everything.
    if not value > 0:
        raise argparse.ArgumentTypeError(f"{text} is no time: give more than 0 seconds")
    return value
