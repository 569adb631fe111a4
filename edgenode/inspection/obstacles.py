"""Finds why an operator cannot run on the Edge TPU: every documented rule that it breaks."""

from collections.abc import Callable, Iterator

import msgspec

from edgenode.inspection.graph import Operator, Tensor
from edgenode.inspection.operators import (
    ALTERNATIVES,
    CONTROL_FLOW,
    IN_RUNTIME,
    STATE,
    SUPPORTED,
)

INNER_DIMENSIONS = 3
EIGHT_BIT = frozenset({"int8", "uint8"})
FLEX = "Flex"
"""With this begin the names of TensorFlow's operators in a TFLite file (SELECT_TF_OPS)."""
CONSTANT_DTYPES = EIGHT_BIT | {"int32", "int64"}
"""Types that constants may have: weights, and also biases, axes and sizes."""


class Obstacle(msgspec.Struct, frozen=True):
    """The reason why an operator cannot run on the Edge TPU.

    Attributes:
        rule: the name of the rule that it breaks, see ``rules``.
        what: the operator, or the tensor, and what is wrong with it.
        cure: what to change in the model.
    """

    rule: str
    what: str
    cure: str


def obstacles(operator: Operator) -> tuple[Obstacle, ...]:
    """Return why *operator* cannot run on the Edge TPU: one for each rule and limit."""
    return (*(found for rule in _RULES if (found := rule(operator))), *_limits(operator))


def is_open(tensor: Tensor) -> bool:
    """Whether the size of *tensor* is not fixed. An open batch size of 1 counts as fixed."""
    open_axes = [axis for axis, size in enumerate(tensor.signature) if size < 0]
    return min(tensor.shape, default=1) < 0 or bool(set(open_axes) - {0})


def _state(operator: Operator) -> Obstacle | None:
    if operator.name not in STATE:
        return None
    return Obstacle(
        "state",
        f"{operator} keeps state in a resource variable",
        "run it on the CPU (a streaming keyword model takes about a millisecond there), or keep"
        " the state outside: make it inputs and outputs, or give the whole window each time",
    )


def _control_flow(operator: Operator) -> Obstacle | None:
    if operator.name not in CONTROL_FLOW:
        return None
    return Obstacle(
        "control flow",
        f"{operator.name} calls another graph of the file",
        "convert without loops and branches: unroll them, or run that part on the CPU",
    )


def _custom(operator: Operator) -> Obstacle | None:
    if not operator.is_custom:
        return None
    if operator.name.startswith(FLEX):
        what = f"{operator} is TensorFlow's own ({operator.name.removeprefix(FLEX)}), not TFLite's"
        cure = (
            "convert with TFLITE_BUILTINS alone, without SELECT_TF_OPS, and replace that layer; as"
            " it is, the model does not load on a node, not even on the CPU"
        )
        return Obstacle("custom operators", what, cure)
    if operator.name in IN_RUNTIME:
        cure = "none is needed: at the end of a model it runs on the CPU, as it is meant to"
    else:
        cure = (
            "leave it out and decode outside; the runtime of a node does not have it, so the model"
            " does not load there, not even on the CPU"
        )
    return Obstacle("custom operators", f"{operator} is a custom operator", cure)


def _eight_bit(operator: Operator) -> Obstacle | None:
    if operator.is_custom:
        return None
    wrong = [tensor for tensor in operator.activations if not _is_eight_bit(tensor)]
    wrong += [tensor for tensor in operator.constants if tensor.dtype not in CONSTANT_DTYPES]
    floats = [tensor for tensor in wrong if "float" in tensor.dtype]
    # 32-bit integers are normal in operators such as ARG_MAX: for those the rule "operators" is
    # the better answer.
    if not floats and (operator.name not in SUPPORTED or not wrong):
        return None
    return Obstacle(
        "8 bits",
        f"{operator.name} works on {(floats or wrong)[0]}",
        "quantise fully: representative_dataset, TFLITE_BUILTINS_INT8, and"
        " inference_input_type and inference_output_type tf.int8 or tf.uint8",
    )


def _is_eight_bit(tensor: Tensor) -> bool:
    # The state inside an LSTM has 16 bits. The Edge TPU keeps it by itself.
    return tensor.dtype in EIGHT_BIT or (tensor.is_variable and tensor.dtype == "int16")


def _sizes(operator: Operator) -> Obstacle | None:
    found = next((tensor for tensor in operator.activations if is_open(tensor)), None)
    computed = operator.name == "RESHAPE" and len(operator.activations) > 1 + len(operator.outputs)
    if found is None and not computed:
        return None
    what = f"{_opened(found)} is of open size" if found else f"{operator} computes its size"
    return Obstacle(
        "constant sizes",
        what,
        "convert with fixed sizes, all of them and batch 1: imgsz=320, or"
        " tf.keras.Input((224, 224, 3), batch_size=1)",
    )


def _opened(tensor: Tensor) -> str:
    """Return *tensor* with ``?`` for each size that is not fixed."""
    sizes = tensor.signature or tensor.shape
    shape = ", ".join("?" if size < 0 else str(size) for size in sizes)
    return f"{tensor.dtype} [{shape}] {tensor.name!r}"


def _dimensions(operator: Operator) -> Obstacle | None:
    for tensor in operator.activations:
        if any(size > 1 for size in tensor.shape[:-INNER_DIMENSIONS]):
            return Obstacle(
                "three dimensions",
                f"{operator.name} works on {tensor}",
                "only the three innermost dimensions may be above 1: batch 1, reshape the rest",
            )
    return None


def _supported(operator: Operator) -> Obstacle | None:
    if _is_usable(operator) or operator.is_custom or operator.name in STATE | CONTROL_FLOW:
        return None
    cure = ALTERNATIVES.get(operator.name, "replace it, or move it to the end of the model")
    return Obstacle("operators", f"{operator} is not among its operators", cure)


def _is_usable(operator: Operator) -> bool:
    return operator.name in SUPPORTED and bool(operator.inputs and operator.outputs)


def _limits(operator: Operator) -> Iterator[Obstacle]:
    """Yield an obstacle for each limit that the operator exceeds."""
    limits = SUPPORTED[operator.name].limits if _is_usable(operator) else ()
    for limit in limits:
        if not limit.holds(operator):
            cure = limit.cure or "change the layer accordingly"
            yield Obstacle("limits", f"{operator}: {limit.condition}", cure)


# In the order in which they are told: what an operator is, before what is wrong with its tensors.
_RULES: tuple[Callable[[Operator], Obstacle | None], ...] = (
    _state,
    _control_flow,
    _custom,
    _eight_bit,
    _sizes,
    _dimensions,
    _supported,
)
