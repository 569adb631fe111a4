"""What became of a model's file, on one line."""

import argparse
import json
import sys

from edgenode.catalogue.manifest import Kind, Manifest


def report(
    args: argparse.Namespace, model: Manifest, kind: Kind, path: str, fault: str | None
) -> None:
    """Print where the file is, or what is wrong with it."""
    if args.json:
        line = {"id": model.id, "kind": kind, "path": path, "ok": fault is None, "error": fault}
        print(json.dumps(line), flush=True)
    elif fault is None:
        print(f"{model.id} {kind}: {path}", flush=True)
    else:
        print(f"{model.id} {kind}: {fault}", file=sys.stderr)
