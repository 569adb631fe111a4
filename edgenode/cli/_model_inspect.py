"""Prints what is in a model file: compiled or not, inputs and outputs, operators, parameters."""

import argparse
import json
import math
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from edgenode.catalogue.store import Store
from edgenode.cli._model_files import file
from edgenode.cli.bar import mib
from edgenode.inspection import cost, flat
from edgenode.inspection.graph import COMPILED, Model, Tensor
from edgenode.inspection.package import Package, packages


def run(args: argparse.Namespace, store: Store) -> int:
    """Print what is in the files, and which of them were compiled together; return 0."""
    tokens: dict[int, list[str]] = defaultdict(list)
    for name in args.models:
        path = file(name, args, store, ("edgetpu", "cpu"))
        model = flat.load(path)
        found = packages(model, str(path))
        for token in {one.token for one in found}:
            tokens[token].append(path.name)
        if args.json:
            print(json.dumps(_facts(path, model, found)))
        else:
            print("\n".join(_lines(path, model, found)))
    if not args.json:
        _print_co_compiled(tokens)
    return 0


def _print_co_compiled(tokens: dict[int, list[str]]) -> None:
    for token, names in tokens.items():
        if token and len(names) > 1:
            print(f"co-compiled, they share the cache (token {token}): {', '.join(names)}")


def _facts(path: Path, model: Model, found: tuple[Package, ...]) -> dict[str, Any]:
    operators = model.main.operators
    facts: dict[str, Any] = {
        "model": str(path),
        "compiled": model.is_compiled,
        "inputs": [_tensor_facts(tensor) for tensor in model.main.inputs],
        "outputs": [_tensor_facts(tensor) for tensor in model.main.outputs],
        "operators": dict(Counter(one.name for one in operators if one.name != COMPILED)),
        "parameters": cost.parameters(operators),
        "macs": cost.macs(operators),
    }
    if model.is_compiled:
        facts["packages"] = [_package_facts(one) for one in found]
    return facts


def _tensor_facts(tensor: Tensor) -> dict[str, Any]:
    return {
        "name": tensor.name,
        "shape": tensor.shape,
        "dtype": tensor.dtype,
        # JSON has no not-a-number and no infinities.
        "scale": next(filter(math.isfinite, tensor.scales[:1]), None),
        "zero_point": tensor.zero_points[0] if tensor.zero_points else None,
    }


def _package_facts(one: Package) -> dict[str, Any]:
    fields = ("minimum_runtime", "compiler", "cached", "streamed", "token", "cycles")
    return {field: getattr(one, field) for field in fields}


def _lines(path: Path, model: Model, found: tuple[Package, ...]) -> list[str]:
    state = "compiled for the Edge TPU" if model.is_compiled else "not compiled for the Edge TPU"
    return [
        f"{path}: {state}",
        *(f"  {line}" for one in found for line in _package_lines(one)),
        *(f"  input: {_tensor(tensor)}" for tensor in model.main.inputs),
        *(f"  output: {_tensor(tensor)}" for tensor in model.main.outputs),
        *(f"  {line}" for line in _operator_lines(model)),
    ]


def _package_lines(one: Package) -> list[str]:
    lines = [
        f"needs runtime: {one.minimum_runtime} or later (compiler: {one.compiler or 'unknown'})",
        f"parameters: {mib(one.cached)} cached, {mib(one.streamed)} streamed at each inference",
        f"parameter-caching token: {one.token} (models with another one take turns in the cache)",
    ]
    return [*lines, f"estimated cycles: {one.cycles}"] if one.cycles else lines


def _operator_lines(model: Model) -> list[str]:
    operators = [one for one in model.main.operators if one.name != COMPILED]
    counts = Counter(one.name for one in operators).most_common()
    listed = ", ".join(f"{count} {name}" for name, count in counts) or "none"
    lines = [f"operators {'on the CPU' if model.is_compiled else 'in all'}: {listed}"]
    if operators:
        size, macs = cost.parameters(operators), cost.macs(operators) / 1e6
        lines.append(f"their parameters: {mib(size)}; multiply-accumulates: {macs:.1f} M")
    return lines


def _tensor(tensor: Tensor) -> str:
    if not tensor.scales:
        return str(tensor)
    zero_point = tensor.zero_points[0] if tensor.zero_points else 0
    return f"{tensor}, scale {tensor.scales[0]:.6g}, zero point {zero_point}"
