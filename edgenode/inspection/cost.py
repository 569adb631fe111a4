"""The cost of operators: bytes of parameters, and multiply-accumulates (MACs)."""

from collections.abc import Callable, Iterable

from edgenode.inspection.graph import Operator, Tensor

CACHE = 8 << 20
"""Bytes of memory on the Edge TPU (coral.ai/docs/edgetpu/compiler, "Parameter data caching")."""

CACHE_FREE_MIN = 6 << 20
CACHE_FREE_MAX = 7_600 << 10
"""Bytes of it that are free for parameters: between these two, in logs of the compiler."""


def parameters(operators: Iterable[Operator]) -> int:
    """Return the bytes of all constants of *operators*; a shared one counts once."""
    constants = (tensor for operator in operators for tensor in operator.constants)
    return sum(len(content) for content in {one.buffer: one.content for one in constants}.values())


def macs(operators: Iterable[Operator]) -> int:
    """Return the multiply-accumulates of one inference: convolutions, dense layers and LSTMs."""
    return sum(_MACS[one.name](one) for one in operators if one.name in _MACS)


def _per_output(operator: Operator) -> int:
    """Count for: each output is a sum over one filter; the first axis counts the filters."""
    weights = _weights(operator)
    return _output_size(operator) * (weights.size // max(1, weights.shape[0])) if weights else 0


def _per_channel(operator: Operator) -> int:
    """Count for: each output is a sum over one channel of a filter; the last axis is channels."""
    weights = _weights(operator)
    return _output_size(operator) * (weights.size // max(1, weights.shape[-1])) if weights else 0


def _per_input(operator: Operator) -> int:
    """Count for: each input meets the whole filter of its channel; the last axis is channels."""
    weights = _weights(operator)
    sources = [tensor for tensor in operator.inputs[2:3] if tensor]
    if not weights or not sources:
        return 0
    return sources[0].size * (weights.size // max(1, weights.shape[-1]))


def _per_step(operator: Operator) -> int:
    """Count for: each time step is multiplied with all eight matrices of the LSTM."""
    sequences = [tensor for tensor in operator.inputs[:1] if tensor and tensor.shape]
    steps = sum(tensor.size // max(1, tensor.shape[-1]) for tensor in sequences)
    return steps * sum(tensor.size for tensor in operator.inputs[1:9] if tensor)


def _weights(operator: Operator) -> Tensor | None:
    weights = operator.constant(1)
    return weights if weights and weights.shape else None


def _output_size(operator: Operator) -> int:
    return sum(tensor.size for tensor in operator.outputs)


_MACS: dict[str, Callable[[Operator], int]] = {
    "CONV_2D": _per_output,
    "DEPTHWISE_CONV_2D": _per_channel,
    "FULLY_CONNECTED": _per_output,
    "TRANSPOSE_CONV": _per_input,
    "UNIDIRECTIONAL_SEQUENCE_LSTM": _per_step,
}
