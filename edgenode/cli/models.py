"""List, pull and verify models: files pinned by digest, fetched where they are published."""

import argparse
import json
import sys
from collections.abc import Iterator
from typing import Any, get_args

from edgenode.catalogue import manifest
from edgenode.catalogue.manifest import Kind, Manifest
from edgenode.catalogue.store import Store
from edgenode.cli.bar import Bar, mib
from edgenode.errors import ModelError

HELP = "list, pull and verify models"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the three actions."""
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="what there is, and what of it is pulled")
    pulling = actions.add_parser("pull", help="fetch files into the store")
    verifying = actions.add_parser("verify", help="compare files with their manifests")
    pulling.add_argument("--all", action="store_true", help="every model")
    pulling.add_argument("--mirror", metavar="DIR|URL", help="where to take the files from")
    for action in (pulling, verifying):
        action.add_argument("ids", metavar="ID", nargs="*", help="a model, see `list`")
    for action in (listing, pulling):
        action.add_argument("--task", help="only models for this task")
    for action, act in ((listing, _list), (pulling, _pull), (verifying, _verify)):
        _add_common(action)
        action.set_defaults(act=act)


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
    """Do what was asked; 1 if a file could not be had or is wrong."""
    return int(args.act(args, Store.at(args.store)))


def _list(args: argparse.Namespace, store: Store) -> int:
    rows = [(model, _files(model, args, store)) for model in _by_task(args)]
    width = max((len(model.id) for model, _ in rows), default=0)
    for model, files in rows:
        if args.json:
            fields = ("id", "task", "title", "licence", "source")
            facts = {field: getattr(model, field) for field in fields}
            print(json.dumps({**facts, "files": files}))
        else:
            pulled = [kind if file["pulled"] else f"({kind})" for kind, file in files.items()]
            sizes = [file["size"] for file in files.values()]
            size = "?" if None in sizes else mib(sum(sizes))
            print(
                f"{model.id:{width}}  {model.task:20}  {' '.join(pulled):24}  {size:>9}  "
                f"{model.licence:10}  {model.title}"
            )
    if not args.json:
        print(f"(in brackets: not pulled yet; the store is {store.folder})")
    return 0


def _files(model: Manifest, args: argparse.Namespace, store: Store) -> dict[Kind, dict[str, Any]]:
    found: dict[Kind, dict[str, Any]] = {}
    for kind in _kinds(model, args):
        path, size = store.locate(model, kind), model.pins[kind].size
        there = path.is_file()
        found[kind] = {
            "pulled": there and size in {None, path.stat().st_size},
            "size": path.stat().st_size if there else size,
            "path": str(path),
        }
    return found


def _pull(args: argparse.Namespace, store: Store) -> int:
    # With urllib in it, and only wanted here: other commands start sooner without.
    from edgenode.catalogue.origin import origin
    from edgenode.catalogue.pull import pull_model

    if not (args.ids or args.all or args.task):
        print("edgenode: name a model, or give --all or --task", file=sys.stderr)
        return 2
    where = origin(args.mirror)
    wanted = _named(args) if args.ids else _by_task(args)
    failed: list[str] = []
    for model, kind in _unlike(wanted, args):
        bar = Bar(model.pins[kind].name, sys.stderr)
        path, fault = "", None
        try:
            path = str(pull_model(model, kind, store, where, bar))
        except ModelError as error:
            fault = str(error)
            failed.append(f"{model.id} {kind}: {fault}")
        bar.erase()
        _report(args, model, kind, path, fault)
    if failed:
        print("edgenode: could not get:", *failed, sep="\n  ", file=sys.stderr)
        print(
            "Put these files into a folder, under any name, and run the same command with "
            "--mirror FOLDER.",
            file=sys.stderr,
        )
    return 1 if failed else 0


def _verify(args: argparse.Namespace, store: Store) -> int:
    wrong = 0
    models = _named(args) if args.ids else manifest.every(args.folder)
    for model in models:
        for kind in _kinds(model, args):
            path, fault = store.locate(model, kind), None
            if not args.ids and not path.exists():
                continue
            try:
                store.path(model, kind)
            except ModelError as error:
                fault = str(error)
                wrong += 1
            _report(args, model, kind, str(path), fault)
    return 1 if wrong else 0


def _by_task(args: argparse.Namespace) -> list[Manifest]:
    models = list(manifest.every(args.folder))
    if args.task is None:
        return models
    chosen = [model for model in models if model.task == args.task]
    if not chosen:
        tasks = ", ".join(sorted({model.task for model in models}))
        raise ModelError(f"no model for task {args.task!r}; there are {tasks}")
    return chosen


def _named(args: argparse.Namespace) -> list[Manifest]:
    return [manifest.find(name, args.folder) for name in args.ids]


def _kinds(model: Manifest, args: argparse.Namespace) -> list[Kind]:
    return [kind for kind in model.pins if args.kind is None or kind in args.kind]


def _unlike(models: list[Manifest], args: argparse.Namespace) -> Iterator[tuple[Manifest, Kind]]:
    """Yield each file once, though several models may share it."""
    seen: set[str] = set()
    for model in models:
        for kind in _kinds(model, args):
            digest = model.pins[kind].digest
            if digest not in seen:
                seen.add(digest)
                yield model, kind


def _report(
    args: argparse.Namespace, model: Manifest, kind: Kind, path: str, fault: str | None
) -> None:
    if args.json:
        line = {"id": model.id, "kind": kind, "path": path, "ok": fault is None, "error": fault}
        print(json.dumps(line), flush=True)
    elif fault is None:
        print(f"{model.id} {kind}: {path}", flush=True)
    elif args.act is _verify:
        print(f"{model.id} {kind}: {fault}", file=sys.stderr)
