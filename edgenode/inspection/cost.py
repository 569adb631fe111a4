"""What operators cost: bytes of parameters, and multiplications with additions (MACs)."""

from collections.abc import Callable, Iterable

from edgenode.inspection.graph import Operator, Tensor

CACHE = 8 << 20
"""Bytes of memory on the chip (coral.ai/docs/edgetpu/compiler, "Parameter data caching")."""

CACHE_SURE = 6 << 20
CACHE_MOST = 7_600 << 10
"""What the executable leaves of it for parameters: between these, in logs of the compiler."""


def parameters(operators: Iterable[Operator]) -> int:
    """Return the bytes of all constants of *operators*, shared ones once."""
    constants = (tensor for operator in operators for tensor in operator.constants)
    return sum(len(content) for content in {one.buffer: one.content for one in constants}.values())


def macs(operators: Iterable[Operator]) -> int:
    """Return the multiply-accumulates of one inference in convolutions, dense layers and LSTMs."""
    return sum(_MACS[one.name](one) for one in operators if one.name in _MACS)


def _per_output(operator: Operator) -> int:
    """Each output is a sum over one filter; filters are counted by the first axis."""
    weights = _weights(operator)
    return _yielded(operator) * (weights.size // max(1, weights.shape[0])) if weights else 0


def _per_channel(operator: Operator) -> int:
    """Each output is a sum over one channel of a filter; channels are the last axis."""
    weights = _weights(operator)
    return _yielded(operator) * (weights.size // max(1, weights.shape[-1])) if weights else 0


def _per_input(operator: Operator) -> int:
    """Each input goes into the whole filter of its channel; channels are the last axis."""
    weights = _weights(operator)
    sources = [tensor for tensor in operator.inputs[2:3] if tensor]
    if not weights or not sources:
        return 0
    return sources[0].size * (weights.size // max(1, weights.shape[-1]))


def _per_step(operator: Operator) -> int:
    """Each step of time goes through all eight matrices."""
    sequences = [tensor for tensor in operator.inputs[:1] if tensor and tensor.shape]
    steps = sum(tensor.size // max(1, tensor.shape[-1]) for tensor in sequences)
    return steps * sum(tensor.size for tensor in operator.inputs[1:9] if tensor)


def _weights(operator: Operator) -> Tensor | None:
    weights = operator.constant(1)
    return weights if weights and weights.shape else None


def _yielded(operator: Operator) -> int:
    return sum(tensor.size for tensor in operator.outputs)


_MACS: dict[str, Callable[[Operator], int]] = {
    "CONV_2D": _per_output,
    "DEPTHWISE_CONV_2D": _per_channel,
    "FULLY_CONNECTED": _per_output,
    "TRANSPOSE_CONV": _per_input,
    "UNIDIRECTIONAL_SEQUENCE_LSTM": _per_step,
}
