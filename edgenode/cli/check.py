"""Tell everything that is wrong with a configuration at once; exit status 0 or 2."""

import argparse
import json
import sys
from collections.abc import Iterator

from edgenode import config
from edgenode.catalogue.manifest import Manifest
from edgenode.catalogue.store import Store
from edgenode.cli import _service
from edgenode.cli._stderr import without_tflite_greeting
from edgenode.config.faults import Fault
from edgenode.exits import Exit
from edgenode.plugin import Demand
from edgenode.sense.assembly import assemble
from edgenode.sense.loading import tried
from edgenode.sense.plan import Plan, PluginPlan, SourcePlan
from edgenode.sense.planning import check, reason

HELP = "tell everything that is wrong with a configuration"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    _service.add_config(parser)
    parser.add_argument(
        "--models",
        action="store_true",
        help="check, too, that its plugin can use each model",
    )
    parser.add_argument(
        "--json", action="store_true", help="one JSON object: ok, file, faults, ignored"
    )


def run(args: argparse.Namespace) -> int:
    """Print the faults on stderr, or ``ok``; with ``--json`` one object on stdout."""
    found, wanted, faults = check(args.config)
    faults += map(found.line, _recording_faults(wanted))
    if args.models:
        faults += map(found.line, _model_faults(wanted, Store.at(found.models.store)))
    if args.json:
        told = {"ok": not faults, "file": str(args.config), "faults": faults}
        print(json.dumps(told | {"ignored": found.ignored}))
    else:
        _print(found, wanted, faults)
    return Exit.WRONG if faults else Exit.DONE


def _print(found: config.Config, wanted: Plan, faults: list[str]) -> None:
    if lines := (*found.ignored, *faults):
        print(*lines, sep="\n", file=sys.stderr)
    if not faults:
        counts = f"{len(wanted.sources)} sources, {len(wanted.plugins)} plugins"
        print(f"ok: {found.path}, {counts}")


def _recording_faults(wanted: Plan) -> Iterator[Fault]:
    """Yield a fault for each source whose recording is absent or cannot be read."""
    for source in wanted.sources.values():
        if isinstance(source, SourcePlan):
            try:
                source.make(Demand()).examine()
            except Exception as error:  # noqa: BLE001 the source of another author
                yield Fault(("sources", source.name), reason(error))


def _model_faults(wanted: Plan, store: Store) -> Iterator[Fault]:
    """Yield a fault for each plugin whose model is absent, is damaged, or is refused by it."""
    for plugin in wanted.plugins.values():
        if isinstance(plugin, PluginPlan) and plugin.manifest is not None:
            try:
                _try(plugin, plugin.manifest, store)
            except Exception as error:  # noqa: BLE001 the plugin of another author
                yield Fault(("plugins", plugin.name, "model"), reason(error))


def _try(plugin: PluginPlan, manifest: Manifest, store: Store) -> None:
    kind = manifest.kind_for(plugin.options.device)
    if kind == "cpu":
        with without_tflite_greeting():
            assemble(plugin)
    else:
        # Where the configuration is checked the node's Edge TPU may be absent.
        tried(manifest, store, kind)
        store.labels(manifest)
