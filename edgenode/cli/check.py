"""Tell everything that is wrong with a configuration at once; exit status 0 or 2."""

import argparse
import json
import sys

from edgenode import config
from edgenode.catalogue.store import Store
from edgenode.cli import _service
from edgenode.config.faults import Fault
from edgenode.errors import DeviceError, ModelError
from edgenode.exits import Exit
from edgenode.sense.plan import Plan, PluginPlan
from edgenode.sense.planning import check

HELP = "tell everything that is wrong with a configuration"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    _service.add_config(parser)
    parser.add_argument(
        "--models",
        action="store_true",
        help="check that the models' files are here, right and work, too",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object: ok, file, faults")


def run(args: argparse.Namespace) -> int:
    """Print the faults on stderr, or ``ok``; with ``--json`` one object on stdout."""
    found, wanted, faults = check(args.config)
    if args.models:
        faults += _model_faults(found, wanted)
    if args.json:
        print(json.dumps({"ok": not faults, "file": str(args.config), "faults": faults}))
    elif faults:
        print("\n".join(faults), file=sys.stderr)
    else:
        counts = f"{len(wanted.sources)} sources, {len(wanted.plugins)} plugins"
        print(f"ok: {args.config}, {counts}")
    return Exit.WRONG if faults else Exit.DONE


def _model_faults(found: config.Config, wanted: Plan) -> list[str]:
    """Return a line for each plugin whose model is not pulled, is another one or does not work."""
    # Imported here: only this needs a runtime.
    from edgenode.sense.loading import tried

    store = Store.at(found.models.store)
    faults = []
    for plugin in wanted.plugins.values():
        if not isinstance(plugin, PluginPlan) or plugin.manifest is None:
            continue
        model = plugin.manifest
        try:
            tried(model, store, model.kind_for(plugin.options.device))
            store.labels(model)
        except (ModelError, DeviceError) as error:
            faults.append(found.line(Fault(("plugins", plugin.name, "model"), str(error))))
    return faults
