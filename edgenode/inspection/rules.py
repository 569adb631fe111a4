"""Checks a model against the documented rules of the Edge TPU, one by one.

Verdicts: ``ok``; ``partly``: it compiles, and part of it stays on the CPU; ``refused``.
"""

from typing import Literal, TypeAlias

import msgspec

from edgenode.errors import ModelError
from edgenode.inspection.graph import Graph, Model, Operator
from edgenode.inspection.mapping import Mapping, mapping
from edgenode.inspection.obstacles import Obstacle, is_open
from edgenode.inspection.operators import FIRST_RUNTIME, LARGE_ELEMENTS, SIZE_DEPENDENT, SUPPORTED

Verdict: TypeAlias = Literal["ok", "partly", "refused"]


class Rule(msgspec.Struct, frozen=True):
    """One rule for models.

    Attributes:
        name: an ``Obstacle`` names its rule with it.
        demand: the rule in one sentence.
        refuses: the compiler refuses a model that breaks it. Otherwise only the operators that
            break it stay on the CPU.
    """

    name: str
    demand: str
    refuses: bool = False


# From coral.ai/docs/edgetpu/models-intro, "Model requirements" and "Supported operations"; the
# last one from its "Compiling". The rules "state" and "control flow" follow from its sentence that
# a model is a feed-forward network.
RULES: tuple[Rule, ...] = (
    Rule("8 bits", "tensors are int8 or uint8, biases int32"),
    Rule("constant sizes", "tensors have the same size at every inference", refuses=True),
    Rule("three dimensions", "only the three innermost dimensions are above 1"),
    Rule("state", "nothing is kept from one inference to the next", refuses=True),
    Rule("control flow", "no loops, branches and calls", refuses=True),
    Rule("custom operators", "all operators are TFLite's own"),
    Rule("operators", "all operators are among those of the Edge TPU"),
    Rule("limits", "all operators are within its limits"),
    Rule("one part", "what runs on it is one part, with nothing on the CPU in between"),
)


class RuleResult(msgspec.Struct, frozen=True):
    """The result of one rule, and of one cure where it is broken.

    ``what`` and ``cure`` are empty if the rule is kept.
    """

    rule: str
    verdict: Verdict
    what: str = ""
    cure: str = ""


class Report(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """The result for a model; ``runtime`` is the oldest one documented for its operators."""

    verdict: Verdict
    results: tuple[RuleResult, ...]
    mapping: Mapping
    runtime: int


def check(model: Model, name: str) -> Report:
    """Return what the Edge TPU's compiler will do with *model*.

    Raise ``ModelError`` naming *name* if the model is compiled already.
    """
    if model.is_compiled:
        raise ModelError(
            f"{name}: compiled for the Edge TPU already; see `edgenode models inspect`, or give"
            " the file it was compiled from"
        )
    found = mapping(model.main)
    results = tuple(one for rule in RULES for one in _results(rule, model.main, found))
    verdicts = {result.verdict for result in results}
    return Report(
        verdict="refused" if "refused" in verdicts else "partly" if found.left else "ok",
        results=results,
        mapping=found,
        runtime=max((SUPPORTED[one.name].runtime for one in found.mapped), default=FIRST_RUNTIME),
    )


def _results(rule: Rule, graph: Graph, found: Mapping) -> tuple[RuleResult, ...]:
    """Return the result of *rule*; where it is broken, one for each cure."""
    broken: dict[str, list[Obstacle]] = {}
    for obstacle in found.obstacles:
        if obstacle.rule == rule.name:
            broken.setdefault(obstacle.cure, []).append(obstacle)
    return tuple(_broken(rule, alike) for alike in broken.values()) or (_kept(rule, graph, found),)


def _kept(rule: Rule, graph: Graph, found: Mapping) -> RuleResult:
    if rule.name == "one part" and found.left:
        return _one_part(found)
    if rule.name == "constant sizes":
        return _open_batch(rule, graph)
    if rule.name == "limits":
        return _large(rule, found)
    return RuleResult(rule.name, "ok")


def _broken(rule: Rule, obstacles: list[Obstacle]) -> RuleResult:
    first, more = obstacles[0], len(obstacles) - 1
    what = f"{first.what} (and {more} more)" if more else first.what
    return RuleResult(rule.name, "refused" if rule.refuses else "partly", what, first.cure)


def _one_part(found: Mapping) -> RuleResult:
    if not found.mapped:
        cure = "mend what is said above; as it is, run the model on the CPU"
        return RuleResult("one part", "refused", "nothing would run on the Edge TPU", cure)
    if found.end is None:
        return RuleResult("one part", "ok")
    what = f"{found.end.what}: there the Edge TPU's part ends"
    others = sum(not one.obstacles for one in found.left)
    if others:
        what += f"; of what is left, {others} could be mapped"
    return RuleResult("one part", "partly", what, found.end.cure)


def _open_batch(rule: Rule, graph: Graph) -> RuleResult:
    opened = [one for one in graph.inputs if one.signature[:1] == (-1,) and not is_open(one)]
    if not opened:
        return RuleResult(rule.name, "ok")
    return RuleResult(
        rule.name,
        "ok",
        f"the batch of {opened[0]} is open and taken as 1",
        "if the compiler refuses it, convert with tf.keras.Input(..., batch_size=1)",
    )


def _large(rule: Rule, found: Mapping) -> RuleResult:
    large = [
        one
        for one in found.mapped
        if one.name in SIZE_DEPENDENT and _elements(one) > LARGE_ELEMENTS
    ]
    if not large:
        return RuleResult(rule.name, "ok")
    return RuleResult(
        rule.name,
        "ok",
        f"{large[0]} is large, {_elements(large[0])} elements: perhaps it is not mapped",
        "the compiler's log tells; if so, make the tensor smaller",
    )


def _elements(operator: Operator) -> int:
    return max(tensor.size for tensor in operator.activations)
