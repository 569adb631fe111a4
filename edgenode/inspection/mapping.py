"""Predicts which operators the compiler maps: one connected part of the model, never a second.

The operators are split as TFLite splits them for a delegate (tensorflow/lite/graph_info.cc): into
parts that run one after the other. All operators of a part are of one kind (can be mapped, or
cannot), and a part takes every operator of its kind whose inputs are computed already. The first
part that can be mapped is mapped. All others stay on the CPU: "more than one subgraph is not
supported".
"""

from collections.abc import Sequence
from heapq import heappop, heappush

import msgspec

from edgenode.inspection.graph import Graph, Operator
from edgenode.inspection.obstacles import Obstacle, obstacles


class Leftover(msgspec.Struct, frozen=True, eq=False):
    """An operator that stays on the CPU. Without obstacles: it is in another part."""

    operator: Operator
    obstacles: tuple[Obstacle, ...]


class Mapping(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """Which operators run on the Edge TPU and which on the CPU, in the order in which they run.

    Attributes:
        mapped: the operators on the Edge TPU.
        left: those on the CPU.
        end: the obstacle of the first operator, after the start of the mapped part, that has one.
    """

    mapped: tuple[Operator, ...]
    left: tuple[Leftover, ...]
    end: Obstacle | None

    @property
    def obstacles(self) -> tuple[Obstacle, ...]:
        """The obstacles of all operators on the CPU."""
        return tuple(obstacle for one in self.left for obstacle in one.obstacles)


def mapping(graph: Graph) -> Mapping:
    """Return how the compiler will map *graph*."""
    found = [obstacles(operator) for operator in graph.operators]
    fits = [not one for one in found]
    chosen = set(next((part for part in parts(graph, fits) if fits[part[0]]), ()))
    after = found[min(chosen, default=len(found)) :]
    both = list(zip(graph.operators, found, strict=True))
    return Mapping(
        mapped=tuple(operator for n, (operator, _) in enumerate(both) if n in chosen),
        left=tuple(Leftover(*one) for n, one in enumerate(both) if n not in chosen),
        end=next((one[0] for one in after if one), None),
    )


def parts(graph: Graph, fits: Sequence[bool]) -> list[list[int]]:
    """Return the numbers of the operators in parts of one kind, in the order in which they run.

    An operator whose input is never computed (in a damaged file) is in no part.
    """
    operators = graph.operators
    readers, missing = _needs(graph)
    # What can run, by kind, as heaps: the first of the file comes first.
    ready: dict[bool, list[int]] = {True: [], False: []}
    for n, count in enumerate(missing):
        if count == 0:
            ready[fits[n]].append(n)
    split: list[list[int]] = []
    while waiting := [heap for heap in ready.values() if heap]:
        heap = min(waiting)
        split.append([])
        while heap:
            split[-1].append(heappop(heap))
            for tensor in operators[split[-1][-1]].outputs:
                # Removed: a damaged file may compute a tensor twice.
                for n in readers.pop(tensor.index, ()):
                    missing[n] -= 1
                    if missing[n] == 0:
                        heappush(ready[fits[n]], n)
    return split


def _needs(graph: Graph) -> tuple[dict[int, list[int]], list[int]]:
    """Return which operators read each tensor that is computed, and how many each of them reads."""
    computed = {tensor.index for one in graph.operators for tensor in one.outputs}
    readers: dict[int, list[int]] = {}
    missing: list[int] = []
    for n, operator in enumerate(graph.operators):
        needs = {tensor.index for tensor in operator.inputs if tensor} & computed
        missing.append(len(needs))
        for tensor in needs:
            readers.setdefault(tensor, []).append(n)
    return readers, missing
