"""Selects models and their files by the options of `edgenode models`; the action ``verify``."""

import argparse
import json
import os
import sys
from pathlib import Path

from edgenode.catalogue import manifest
from edgenode.catalogue.manifest import FILE, Kind, Manifest
from edgenode.catalogue.store import Store
from edgenode.errors import DeviceError, ModelError


def by_task(args: argparse.Namespace) -> list[Manifest]:
    """Return the models for ``--task``, or all; raise ``ModelError`` if the task has none."""
    models = list(manifest.every(args.folder))
    if args.task is None:
        return models
    chosen = [model for model in models if model.task == args.task]
    if not chosen:
        tasks = ", ".join(sorted({model.task for model in models}))
        raise ModelError(f"no model for task {args.task!r}; there are {tasks}")
    return chosen


def named(args: argparse.Namespace) -> list[Manifest]:
    """Return the models with the given ids; raise ``ModelError`` for an id that does not exist."""
    return [manifest.find(name, args.folder) for name in args.ids]


def kinds(model: Manifest, args: argparse.Namespace) -> list[Kind]:
    """Return the kinds of files that *model* has, limited to ``--kind`` if that is given."""
    return [kind for kind in model.pins if args.kind is None or kind in args.kind]


def file(name: str, args: argparse.Namespace, store: Store, order: tuple[Kind, ...]) -> Path:
    """Return the path *name*, or a file of the model *name*: the first kind in *order* it has.

    Raise ``ModelError`` if *name* is a folder, there is no model of this name, or its file is
    missing or damaged.
    """
    path = Path(name)
    if os.path.isdir(path):  # noqa: PTH112 see below
        raise ModelError(f"{path} is a folder; {_inside(path)}")
    # A suffix or a folder: no model id has one, so this is a path even if the file is missing.
    # Not `Path.is_file`, which raises where a name is too long or a folder may not be read.
    if os.path.isfile(path) or path.suffix or len(path.parts) > 1:  # noqa: PTH113
        return path
    model = manifest.find(name, args.folder)
    there = [kind for kind in order if kind in kinds(model, args)]
    if not there:
        raise ModelError(f"model {name!r} has no such file; it has {', '.join(model.pins)}")
    return store.path(model, there[0])


def _inside(folder: Path) -> str:
    """Return what to give in place of *folder*."""
    if (folder / FILE).is_file():
        place = folder.resolve()
        return f"give {place.name} --folder {place.parent}"
    files = sorted(folder.glob("*.tflite"))
    return f"give a file in it, such as {files[0]}" if files else "give a .tflite file"


def print_file(
    args: argparse.Namespace, model: Manifest, kind: Kind, path: str, fault: str | None
) -> None:
    """Print one line: the path of the file, or what is wrong with it (on stderr unless JSON)."""
    if args.json:
        line = {"id": model.id, "kind": kind, "path": path, "ok": fault is None, "error": fault}
        print(json.dumps(line), flush=True)
    elif fault is None:
        print(f"{model.id} {kind}: {path}", flush=True)
    else:
        print(f"{model.id} {kind}: {fault}", file=sys.stderr)


def run(args: argparse.Namespace, store: Store) -> int:
    """Compare files with manifests, read labels, try models; return 1 if one is wrong, else 0.

    Without ids, all files that are pulled are compared, and missing ones are no fault.
    """
    wrong = 0
    models = named(args) if args.ids else manifest.every(args.folder)
    for model in models:
        for kind in kinds(model, args):
            path, fault = store.locate(model, kind), None
            if not args.ids and not path.exists():
                continue
            try:
                _verify(model, kind, store)
                if kind == (model.labels_from or kinds(model, args)[0]):
                    store.labels(model)
            except (ModelError, DeviceError) as error:
                fault = str(error)
                wrong += 1
            print_file(args, model, kind, str(path), fault)
    return 1 if wrong else 0


def _verify(model: Manifest, kind: Kind, store: Store) -> None:
    """Raise ``ModelError`` or ``DeviceError`` if the file is wrong or does not work."""
    if kind == "labels":
        store.path(model, kind)
        return
    # Imported here: the other actions need no runtime.
    from edgenode.sense.loading import tried

    tried(model, store, kind)
