"""Models: files pinned by digest, fetched where they are published; and what is in any such file.

``list``, ``pull`` and ``verify`` are about the models edgenode knows; ``check`` and ``inspect``
about any .tflite file.
"""

import argparse
import importlib
from typing import get_args

from edgenode.catalogue.manifest import Kind
from edgenode.catalogue.store import Store

HELP = "list, pull and verify models; check and inspect their files"

ACTIONS: dict[str, tuple[str, str]] = {
    "list": ("_model_list", "what there is, and what of it is pulled"),
    "pull": ("_model_pull", "fetch files into the store"),
    "verify": ("_model_files", "compare files with their manifests, and try models"),
    "check": (
        "_model_check",
        "will it run on an Edge TPU; exit status 0: fully, 1: in part, 2: no",
    ),
    "inspect": ("_model_inspect", "what is in a file, compiled for the Edge TPU or not"),
}
"""By action: the module with its ``run(args, store)``, and its help."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the actions."""
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    parsers = {
        name: actions.add_parser(name, help=text, description=text)
        for name, (_, text) in ACTIONS.items()
    }
    parsers["pull"].add_argument("--all", action="store_true", help="every model")
    parsers["pull"].add_argument("--mirror", metavar="DIR|URL", help="where to take the files from")
    for name in ("pull", "verify"):
        parsers[name].add_argument("ids", metavar="ID", nargs="*", help="a model, see `list`")
    for name in ("list", "pull"):
        parsers[name].add_argument("--task", help="only models for this task")
    for name in ("check", "inspect"):
        parsers[name].add_argument(
            "models", metavar="FILE|ID", nargs="+", help="a .tflite file, or a model, see `list`"
        )
    for name, action in parsers.items():
        _add_common(action)
        action.set_defaults(action=name)


def _add_common(action: argparse.ArgumentParser) -> None:
    action.add_argument(
        "--kind", choices=get_args(Kind), action="append", help="only such files (repeatable)"
    )
    action.add_argument(
        "--store",
        metavar="DIR",
        help="default: /var/lib/edgenode/models if writable, else ~/.cache/edgenode/models",
    )
    action.add_argument(
        "--folder",
        metavar="DIR",
        action="append",
        default=[],
        help="a folder with your own NAME/model.toml (repeatable)",
    )
    action.add_argument("--json", action="store_true", help="one JSON line each")


def run(args: argparse.Namespace) -> int:
    """Run the action; return its exit status: 1 if a file is missing or wrong, ``check`` also 2."""
    # Only this module is imported: urllib and tflite, which others need, are slow to import.
    module = importlib.import_module(f"edgenode.cli.{ACTIONS[args.action][0]}")
    return int(module.run(args, Store.at(args.store)))
