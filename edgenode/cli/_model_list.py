"""Lists the models, which of their files are pulled, and which plugins run them."""

import argparse
import contextlib
import json
from collections.abc import Mapping
from typing import Any

from edgenode.catalogue.manifest import Kind, Manifest
from edgenode.catalogue.store import Store
from edgenode.cli._model_files import by_task, kinds
from edgenode.cli.bar import mib
from edgenode.errors import PluginError
from edgenode.plugin import Plugin
from edgenode.sense import checks, registry


def run(args: argparse.Namespace, store: Store) -> int:
    """Print a line for each model; return 0."""
    rows = [(model, _files(model, args, store)) for model in by_task(args)]
    plugins = _plugins()
    width = max((len(model.id) for model, _ in rows), default=0)
    for model, files in rows:
        if args.json:
            fields = ("id", "task", "title", "licence", "source")
            facts = {field: getattr(model, field) for field in fields}
            print(json.dumps({**facts, "files": files, "plugins": _runs(model, plugins)}))
        else:
            note = "" if _runs(model, plugins) else " (no plugin here runs it)"
            print(f"{model.id:{width}}  {_line(model, files)}{note}")
    if not args.json:
        print(f"(in brackets: not pulled yet; the store is {store.folder})")
    return 0


def _plugins() -> dict[str, type[Plugin[Any, Any]]]:
    """Return the plugins that are installed and load, by name."""
    found = {}
    for name in registry.names(registry.PLUGINS):
        # `edgenode plugins` tells what is wrong with one that does not load.
        with contextlib.suppress(PluginError):
            found[name] = registry.plugin(name)
    return found


def _runs(model: Manifest, plugins: Mapping[str, type[Plugin[Any, Any]]]) -> list[str]:
    """Return the names of the plugins for the model's task that know all of its traits."""
    return [
        name
        for name, cls in plugins.items()
        if cls.task == model.task and not checks.traits(cls, model, ())
    ]


def _line(model: Manifest, files: dict[Kind, dict[str, Any]]) -> str:
    pulled = [kind if file["pulled"] else f"({kind})" for kind, file in files.items()]
    sizes = [file["size"] for file in files.values()]
    size = "?" if None in sizes else mib(sum(sizes))
    return f"{model.task:20}  {' '.join(pulled):24}  {size:>9}  {model.licence:10}  {model.title}"


def _files(model: Manifest, args: argparse.Namespace, store: Store) -> dict[Kind, dict[str, Any]]:
    found: dict[Kind, dict[str, Any]] = {}
    for kind in kinds(model, args):
        path, size = store.locate(model, kind), model.pins[kind].size
        # Only the size is compared here: a digest of every file would take seconds.
        there = path.is_file()
        found[kind] = {
            "pulled": there and size in {None, path.stat().st_size},
            "size": path.stat().st_size if there else size,
            "path": str(path),
        }
    return found
