"""Pulls the files of models into the store."""

import argparse
import sys
from collections.abc import Iterator

from edgenode.catalogue.manifest import Kind, Manifest
from edgenode.catalogue.origin import origin
from edgenode.catalogue.ownership import own
from edgenode.catalogue.pull import OTHER_STORE, pull_model
from edgenode.catalogue.store import Store
from edgenode.cli._model_files import by_task, kinds, named, print_file
from edgenode.cli.bar import Bar
from edgenode.errors import ModelError


def run(args: argparse.Namespace, store: Store) -> int:
    """Pull all selected files; continue after a failure, and return 1 if there was one."""
    if not (args.ids or args.all or args.task):
        print("edgenode: name a model, or give --all or --task", file=sys.stderr)
        return 2
    where = origin(args.mirror)
    # Once and not for each file: another place to take the files from would not help.
    own(store.folder, OTHER_STORE)
    failed: list[str] = []
    for model, kind in _different_files(named(args) if args.ids else by_task(args), args):
        bar = Bar(model.pins[kind].name, sys.stderr)
        path, fault = "", None
        try:
            path = str(pull_model(model, kind, store, where, bar))
        except ModelError as error:
            fault = str(error)
            failed.append(f"{model.id} {kind}: {fault}")
        bar.erase()
        if args.json or not fault:
            print_file(args, model, kind, path, fault)
    if failed:
        print("edgenode: could not get:", *failed, sep="\n  ", file=sys.stderr)
        print(
            "Put these files into a folder, under any name, and run the same command with "
            "--mirror FOLDER.",
            file=sys.stderr,
        )
    return 1 if failed else 0


def _different_files(
    models: list[Manifest], args: argparse.Namespace
) -> Iterator[tuple[Manifest, Kind]]:
    """Yield each file once, even if several models share it."""
    seen: set[str] = set()
    for model in models:
        for kind in kinds(model, args):
            digest = model.pins[kind].digest
            if digest not in seen:
                seen.add(digest)
                yield model, kind
