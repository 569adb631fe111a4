"""The arguments of the long-running commands."""

import argparse
from pathlib import Path

from edgenode import service
from edgenode.config import DEFAULT_PATH


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of sense and uplink."""
    parser.add_argument(
        "--config", type=Path, default=DEFAULT_PATH, metavar="FILE", help=f"default {DEFAULT_PATH}"
    )
    parser.add_argument(
        "--socket", type=Path, metavar="PATH", help="default: handover.socket of the configuration"
    )
    parser.add_argument("--verbose", action="store_true", help="log more")
    parser.add_argument("--parent", type=int, help=argparse.SUPPRESS)


def begin(args: argparse.Namespace) -> None:
    """Set up logging; end with the parent if there is one."""
    service.log_to_stderr(verbose=args.verbose)
    if args.parent:
        service.end_with(args.parent)


def seconds(text: str) -> float:
    """Return how long something shall last; refuse what is no time at all."""
    value = float(text)
    if not value > 0:
        raise argparse.ArgumentTypeError(f"{text} is no time: give more than 0 seconds")
    return value
