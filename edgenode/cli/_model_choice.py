"""Which models and which of their files the options mean."""

import argparse
from pathlib import Path

from edgenode.catalogue import manifest
from edgenode.catalogue.manifest import Kind, Manifest
from edgenode.catalogue.store import Store
from edgenode.errors import ModelError


def by_task(args: argparse.Namespace) -> list[Manifest]:
    """Return all models, or those for ``--task``; raise ``ModelError`` if there are none."""
    models = list(manifest.every(args.folder))
    if args.task is None:
        return models
    chosen = [model for model in models if model.task == args.task]
    if not chosen:
        tasks = ", ".join(sorted({model.task for model in models}))
        raise ModelError(f"no model for task {args.task!r}; there are {tasks}")
    return chosen


def named(args: argparse.Namespace) -> list[Manifest]:
    """Return the models with these ids."""
    return [manifest.find(name, args.folder) for name in args.ids]


def kinds(model: Manifest, args: argparse.Namespace) -> list[Kind]:
    """Return the files of *model*, or what ``--kind`` leaves of them."""
    return [kind for kind in model.pins if args.kind is None or kind in args.kind]


def file(name: str, args: argparse.Namespace, store: Store, order: tuple[Kind, ...]) -> Path:
    """Return the path *name*, or of the model *name* the first file there is in *order*.

    Raise ``ModelError`` if no model is called so, or its file is missing or not what it should be.
    """
    path = Path(name)
    if path.is_file() or path.suffix or len(path.parts) > 1:
        return path
    model = manifest.find(name, args.folder)
    there = [kind for kind in order if kind in kinds(model, args)]
    if not there:
        raise ModelError(f"model {name!r} has no such file; it has {', '.join(model.pins)}")
    return store.path(model, there[0])
