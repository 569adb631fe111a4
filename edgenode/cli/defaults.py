"""Print the default configuration, every key with its meaning, as a file to start from."""

import argparse
from importlib.resources import files

HELP = "print a commented configuration to start from"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add nothing."""
    del parser


def run(args: argparse.Namespace) -> int:
    """Print the file of the package; return 0."""
    del args
    print(text(), end="")
    return 0


def text() -> str:
    """Return the default configuration: TOML in which every key is commented out."""
    return files("edgenode").joinpath("edgenode.toml").read_text("utf-8")
