"""Checks rule by rule if a model will run on an Edge TPU, before it is compiled."""

import argparse
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from edgenode.catalogue.store import Store
from edgenode.cli._model_files import file
from edgenode.cli.bar import mib
from edgenode.errors import ModelError
from edgenode.inspection import cost, flat, rules
from edgenode.inspection.mapping import Leftover

STATUS: dict[rules.Verdict, int] = {"ok": 0, "partly": 1, "refused": 2}
VERDICT_TEXTS: dict[rules.Verdict, str] = {
    "ok": "maps fully",
    "partly": "compiles, with part of it on the CPU",
    "refused": "refused",
}
# Compiled files are larger than the constants in them: 4 to 33 % in those we have compared.
COMPILED_GROWTH = 4 / 3


def run(args: argparse.Namespace, store: Store) -> int:
    """Check the models; return 0 if all map fully, 1 if all compile, 2 if one is refused."""
    return max(_check(name, args, store) for name in args.models)


def _check(name: str, args: argparse.Namespace, store: Store) -> int:
    try:
        path = file(name, args, store, ("cpu", "edgetpu"))
        report = rules.check(flat.load(path), str(path))
    except ModelError as error:
        if args.json:
            print(json.dumps({"model": name, "verdict": "refused", "error": str(error)}))
        print(f"edgenode: {error}", file=sys.stderr)
        return STATUS["refused"]
    if args.json:
        print(json.dumps(_facts(path, report)))
    else:
        print("\n".join(_lines(path, report)))
    return STATUS[report.verdict]


def _facts(path: Path, report: rules.Report) -> dict[str, Any]:
    mapped, left = report.mapping.mapped, report.mapping.left
    others = tuple(one.operator for one in left)
    total = len(mapped) + len(left)
    # A model that the compiler refuses runs on the CPU as a whole.
    if report.verdict == "refused":
        mapped, others = (), (*mapped, *others)
    return {
        "model": str(path),
        "verdict": report.verdict,
        "rules": [
            {"rule": one.rule, "verdict": one.verdict, "what": one.what, "cure": one.cure}
            for one in report.results
        ],
        "operators": {
            "total": total,
            "mapped": len(mapped),
            "cpu": [_stays(one) for one in left],
        },
        "parameters": {"edgetpu": cost.parameters(mapped), "cpu": cost.parameters(others)},
        "macs": {"edgetpu": cost.macs(mapped), "cpu": cost.macs(others)},
        "runtime": report.runtime,
    }


def _stays(one: Leftover) -> dict[str, Any]:
    outputs = one.operator.outputs
    found = [{"rule": each.rule, "what": each.what, "cure": each.cure} for each in one.obstacles]
    return {
        "operator": one.operator.name,
        "output": outputs[0].name if outputs else "",
        "why": found[0]["what"] if found else "it is not of the part that is mapped",
        "obstacles": found,
    }


def _lines(path: Path, report: rules.Report) -> list[str]:
    mapped, left = report.mapping.mapped, report.mapping.left
    lines = [f"{path}: {VERDICT_TEXTS[report.verdict]}"]
    if report.verdict != "refused":
        lines[0] += f": {len(mapped)} of {len(mapped) + len(left)} operators on the Edge TPU"
    for one in report.results:
        lines.append(f"  {one.verdict:8} {one.rule}{one.what and ': '}{one.what}")
        if one.cure:
            lines.append(f"           cure: {one.cure}")
    return lines if report.verdict == "refused" else [*lines, *_costs(report)]


def _costs(report: rules.Report) -> list[str]:
    mapped = report.mapping.mapped
    left = [one.operator for one in report.mapping.left]
    size, ours, theirs = cost.parameters(mapped), cost.macs(mapped) / 1e6, cost.macs(left) / 1e6
    counts = Counter(operator.name for operator in left).most_common()
    staying = ", ".join(f"{count} {name}" for name, count in counts) or "nothing"
    return [
        f"  on the CPU: {staying}",
        f"  parameters: {mib(size)} on the Edge TPU; {_fit(size)}",
        f"  multiply-accumulates: {ours:.1f} M on the Edge TPU, {theirs:.1f} M on the CPU",
        f"  runtime: operators documented for version {report.runtime} and later",
    ]


def _fit(size: int) -> str:
    free = f"{mib(cost.CACHE_FREE_MIN)} to {mib(cost.CACHE_FREE_MAX)} are free"
    room = f"of {mib(cost.CACHE)}, {free}"
    if size * COMPILED_GROWTH <= cost.CACHE_FREE_MIN:
        return f"cached ({room})"
    if size <= cost.CACHE_FREE_MAX:
        return f"perhaps in part streamed at each inference ({room})"
    return f"at least {mib(size - cost.CACHE_FREE_MAX)} streamed at each inference ({room})"
