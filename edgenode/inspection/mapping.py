"""Which operators the compiler would map: one connected part of the model, and no second one.

It splits the operators as TFLite splits them for a delegate (tensorflow/lite/graph_info.cc):
parts that run one after the other, each of operators of one kind, each as large as what has been
computed so far allows. The first part of operators that can be mapped is; all others stay on the
CPU, "more than one subgraph is not supported".
"""

from collections.abc import Sequence

import msgspec

from edgenode.inspection.graph import Graph, Operator
from edgenode.inspection.obstacles import Obstacle, obstacle


class Leftover(msgspec.Struct, frozen=True, eq=False):
    """An operator that stays on the CPU; without an obstacle, for not being of the one part."""

    operator: Operator
    obstacle: Obstacle | None


class Mapping(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """What would run where, in the order in which it runs.

    Attributes:
        mapped: the operators on the Edge TPU.
        left: those on the CPU.
        end: what keeps the first that comes after one on the Edge TPU from it.
    """

    mapped: tuple[Operator, ...]
    left: tuple[Leftover, ...]
    end: Obstacle | None

    @property
    def obstacles(self) -> tuple[Obstacle, ...]:
        """What keeps operators from the Edge TPU."""
        return tuple(one.obstacle for one in self.left if one.obstacle)


def mapping(graph: Graph) -> Mapping:
    """Return what the compiler would make of *graph*."""
    found = [obstacle(operator) for operator in graph.operators]
    fits = [one is None for one in found]
    chosen = set(next((part for part in parts(graph, fits) if fits[part[0]]), ()))
    after = found[min(chosen, default=len(found)) :]
    both = list(zip(graph.operators, found, strict=True))
    return Mapping(
        mapped=tuple(operator for n, (operator, _) in enumerate(both) if n in chosen),
        left=tuple(Leftover(*one) for n, one in enumerate(both) if n not in chosen),
        end=next(filter(None, after), None),
    )


def parts(graph: Graph, fits: Sequence[bool]) -> list[list[int]]:
    """Return the operators, by number, in parts of one kind that run one after the other.

    What waits for a tensor that nobody computes, in a damaged file, is in no part.
    """
    waiting = list(range(len(graph.operators)))
    missing = {tensor.index for one in graph.operators for tensor in one.outputs}
    split: list[list[int]] = []
    while part := _part(graph, fits, waiting, missing):
        split.append(part)
        taken = set(part)
        waiting = [n for n in waiting if n not in taken]
    return split


def _part(
    graph: Graph, fits: Sequence[bool], waiting: Sequence[int], missing: set[int]
) -> list[int]:
    """Return the operators that can run now, of the kind of the first; their outputs are there."""
    part: list[int] = []
    for n in waiting:
        operator = graph.operators[n]
        needs = {tensor.index for tensor in operator.inputs if tensor}
        if not needs & missing and (not part or fits[n] == fits[part[0]]):
            part.append(n)
            missing -= {tensor.index for tensor in operator.outputs}
    return part
