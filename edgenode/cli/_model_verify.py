"""Comparing the files in the store with what their manifests say."""

import argparse

from edgenode.catalogue import manifest
from edgenode.catalogue.store import Store
from edgenode.cli._model_choice import kinds, named
from edgenode.cli._model_fate import report
from edgenode.errors import ModelError


def run(args: argparse.Namespace, store: Store) -> int:
    """Compare the files of the named models, or all that are pulled; 1 if one is wrong."""
    wrong = 0
    models = named(args) if args.ids else manifest.every(args.folder)
    for model in models:
        for kind in kinds(model, args):
            path, fault = store.locate(model, kind), None
            if not args.ids and not path.exists():
                continue
            try:
                store.path(model, kind)
            except ModelError as error:
                fault = str(error)
                wrong += 1
            report(args, model, kind, str(path), fault)
    return 1 if wrong else 0
