"""What the documentation asks of a model for the Edge TPU, rule by rule, and what becomes of it.

Verdicts: ``ok``; ``partly``, it compiles and part of it stays on the CPU; ``refused``.
"""

from typing import Literal, TypeAlias

import msgspec

from edgenode.errors import ModelError
from edgenode.inspection.graph import Graph, Model, Operator
from edgenode.inspection.mapping import Mapping, mapping
from edgenode.inspection.obstacles import Obstacle, is_open
from edgenode.inspection.operators import FIRST, LARGE, SIZED, SUPPORTED

Verdict: TypeAlias = Literal["ok", "partly", "refused"]


class Rule(msgspec.Struct, frozen=True):
    """One thing that is asked of a model.

    Attributes:
        name: what obstacles refer to.
        demand: in one sentence.
        refuses: whether the compiler fails; else what breaks the rule stays on the CPU.
    """

    name: str
    demand: str
    refuses: bool = False


# From coral.ai/docs/edgetpu/models-intro, "Model requirements" and "Supported operations"; the
# last from its "Compiling". Of state and loops it says that a model is a feed-forward network.
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


class Judgement(msgspec.Struct, frozen=True):
    """What became of one rule; ``what`` and ``cure`` are empty where there is nothing to say."""

    rule: str
    verdict: Verdict
    what: str = ""
    cure: str = ""


class Report(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """What would become of a model; ``runtime`` is the oldest documented for its operators."""

    verdict: Verdict
    judgements: tuple[Judgement, ...]
    mapping: Mapping
    runtime: int


def judge(model: Model, name: str) -> Report:
    """Return what the Edge TPU's compiler would make of *model*.

    Raise ``ModelError`` naming *name* if it has been compiled already.
    """
    if model.is_compiled:
        raise ModelError(
            f"{name}: compiled for the Edge TPU already; see `edgenode models inspect`, or give"
            " the file it was compiled from"
        )
    found = mapping(model.main)
    judgements = tuple(_judgement(rule, model.main, found) for rule in RULES)
    verdicts = {judgement.verdict for judgement in judgements}
    return Report(
        verdict="refused" if "refused" in verdicts else "partly" if found.left else "ok",
        judgements=judgements,
        mapping=found,
        runtime=max((SUPPORTED[one.name].runtime for one in found.mapped), default=FIRST),
    )


def _judgement(rule: Rule, graph: Graph, found: Mapping) -> Judgement:
    broken = [obstacle for obstacle in found.obstacles if obstacle.rule == rule.name]
    if broken:
        return _broken(rule, broken)
    if rule.name == "one part" and found.left:
        return _one_part(found)
    if rule.name == "constant sizes":
        return _open_batch(rule, graph)
    if rule.name == "limits":
        return _large(rule, found)
    return Judgement(rule.name, "ok")


def _broken(rule: Rule, obstacles: list[Obstacle]) -> Judgement:
    first, more = obstacles[0], len(obstacles) - 1
    what = f"{first.what} (and {more} more)" if more else first.what
    return Judgement(rule.name, "refused" if rule.refuses else "partly", what, first.cure)


def _one_part(found: Mapping) -> Judgement:
    if not found.mapped:
        cure = "mend what is said above; as it is, run the model on the CPU"
        return Judgement("one part", "refused", "nothing would run on the Edge TPU", cure)
    if found.end is None:
        return Judgement("one part", "ok")
    what = f"{found.end.what}: there the Edge TPU's part ends"
    others = len(found.left) - len(found.obstacles)
    if others:
        what += f"; of what is left, {others} could be mapped"
    return Judgement("one part", "partly", what, found.end.cure)


def _open_batch(rule: Rule, graph: Graph) -> Judgement:
    opened = [one for one in graph.inputs if one.signature[:1] == (-1,) and not is_open(one)]
    if not opened:
        return Judgement(rule.name, "ok")
    return Judgement(
        rule.name,
        "ok",
        f"the batch of {opened[0]} is open and taken as 1",
        "if the compiler refuses it, convert with tf.keras.Input(..., batch_size=1)",
    )


def _large(rule: Rule, found: Mapping) -> Judgement:
    large = [one for one in found.mapped if one.name in SIZED and _elements(one) > LARGE]
    if not large:
        return Judgement(rule.name, "ok")
    return Judgement(
        rule.name,
        "ok",
        f"{large[0]} is large, {_elements(large[0])} elements: perhaps it is not mapped",
        "the compiler's log tells; if so, make the tensor smaller",
    )


def _elements(operator: Operator) -> int:
    return max(tensor.size for tensor in operator.activations)
