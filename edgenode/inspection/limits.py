"""The documented limits of single operators, as data: a condition, a test and a cure each.

They are from coral.ai/docs/edgetpu/models-intro, "Supported operations", column "known
limitations". If that gives no figure, a comment says where ours is from.
"""

from collections.abc import Callable
from functools import lru_cache

import msgspec

from edgenode.inspection.graph import Operator, Tensor

MAX_SOFTMAX_ELEMENTS = 16_000
DEPTH_STEP = 4
MAX_GROWTH = 16


class Limit(msgspec.Struct, frozen=True):
    """One condition; ``cure`` is empty if the condition already says what to change."""

    condition: str
    holds: Callable[[Operator], bool]
    cure: str = ""


def _has_no_activation(operator: Operator) -> bool:
    return operator.options.get("FusedActivationFunction", 0) == 0


def _dilates_evenly(operator: Operator) -> bool:
    options = operator.options
    return options.get("DilationHFactor", 1) == options.get("DilationWFactor", 1)


def _has_default_weights(operator: Operator) -> bool:
    return operator.options.get("WeightsFormat", 0) == 0


def _yields_one_dimension(operator: Operator) -> bool:
    return all(_is_flat(tensor) for tensor in operator.outputs)


def _joins_zeros_only(operator: Operator) -> bool:
    constants = operator.constants
    return not constants or (
        len(operator.inputs) == 2  # noqa: PLR2004 the limit itself
        and all(_values(tensor.content) <= _zero(tensor) for tensor in constants)
    )


# A buffer may be the constant of many operators.
@lru_cache(maxsize=256)
def _values(content: bytes) -> frozenset[int]:
    return frozenset(content)


def _zero(tensor: Tensor) -> set[int]:
    """Return the byte values that stand for 0 in a quantised tensor."""
    return {(tensor.zero_points or (0,))[0] & 0xFF}


def _keeps_batch(operator: Operator) -> bool:
    """Whether the axis in the options is not that of the batch."""
    rank = max(len(tensor.shape) for tensor in operator.outputs)
    return rank == 1 or operator.options.get("Axis", 0) % rank != 0


def _reduces_within(operator: Operator) -> bool:
    """Whether the axes, the second input, leave the batch out."""
    return 0 not in _axes(operator)


def _reduces_whole_depth(operator: Operator) -> bool:
    shape = _shape(operator)
    over_depth = len(shape) - 1 in _axes(operator)
    return not over_depth or shape[-1] % DEPTH_STEP == 0


def _axes(operator: Operator) -> set[int]:
    axes, rank = operator.constant(1), len(_shape(operator))
    return {axis % rank for axis in axes.integers} if axes and rank else set()


def _splits_within(operator: Operator) -> bool:
    axis, rank = operator.constant(0), len(operator.outputs[0].shape)
    if len(operator.outputs) == 1 or rank == 0 or axis is None:
        return True
    return 0 not in {one % rank for one in axis.integers}


def _pads_within(operator: Operator) -> bool:
    padding = operator.constant(1)
    return padding is None or not any(padding.integers[:2])


def _has_slope_per_channel(operator: Operator) -> bool:
    slopes = operator.constant(1)
    return slopes is None or _is_flat(slopes)


def _is_small_softmax(operator: Operator) -> bool:
    return all(
        _is_flat(tensor) and tensor.size <= MAX_SOFTMAX_ELEMENTS for tensor in operator.activations
    )


def _strides_by_one(operator: Operator) -> bool:
    strides = operator.constant(3)
    masks = [operator.options.get(mask, 0) for mask in ("EllipsisMask", "NewAxisMask")]
    return not any(masks) and (strides is None or set(strides.integers) <= {1})


def _grows_little(operator: Operator) -> bool:
    before, after = _shape(operator), operator.outputs[0].shape
    return all(new <= MAX_GROWTH * old for old, new in zip(before, after, strict=False))


def _has_constants(operator: Operator) -> bool:
    """Whether all inputs except the activation are constants in the file."""
    return len(operator.activations) <= 1 + len(operator.outputs)


def _shape(operator: Operator) -> tuple[int, ...]:
    tensor = operator.inputs[0] if operator.inputs else None
    return tensor.shape if tensor else ()


def _is_flat(tensor: Tensor) -> bool:
    return all(size == 1 for size in tensor.shape[:-1])


PLAIN = Limit(
    "it must have no fused activation", _has_no_activation, "put the activation after it as a layer"
)
EVEN = Limit("its dilation must be the same in x and y", _dilates_evenly)
CONSTANT = Limit(
    "its weights and biases must be constant", _has_constants, "convert a trained, frozen model"
)
DEFAULT_WEIGHTS = Limit("its weights must be in the default format", _has_default_weights)
ONE_DIMENSION = Limit(
    "its output must be one-dimensional",
    _yields_one_dimension,
    "flatten before it and keep the batch at 1, or use a 1x1 convolution",
)
ZEROS = Limit(
    "a constant may only be joined to one other tensor, and only zeros",
    _joins_zeros_only,
    "add the constant to the output outside of the model",
)
BATCH_AXIS = Limit("it must not work along the batch", _keeps_batch, "use another axis than 0")
BATCH_REDUCED = Limit("it must not reduce the batch", _reduces_within, "use other axes than 0")
BATCH_SPLIT = Limit("it must not split the batch", _splits_within, "use another axis than 0")
BATCH_PADDED = Limit("it must not pad the batch", _pads_within, "pad other axes than 0")
WHOLE_DEPTH = Limit(
    f"reducing channels, their number must be a multiple of {DEPTH_STEP}",
    _reduces_whole_depth,
    "change the number of channels",
)
SLOPES = Limit(
    "its slopes must be one per channel",
    _has_slope_per_channel,
    "in Keras: PReLU(shared_axes=[1, 2])",
)
SMALL_SOFTMAX = Limit(
    f"its input must be one-dimensional and of at most {MAX_SOFTMAX_ELEMENTS} elements",
    _is_small_softmax,
    "leave it out and compute it on the CPU, after the model",
)
UNIT_STRIDES = Limit(
    "its strides must be 1, without ellipsis and new axis",
    _strides_by_one,
    "slice with steps of 1, or use a pooling or a strided convolution",
)
# "Depending on input/output size, this operation might not be mapped to avoid loss in precision":
# in compiled files a growth of 2 is mapped (MoveNet), one of 33 is not (DeepLab). Also unmapped
# was a picture of 512 x 512 that one of 128 x 128 was mapped (google-coral/edgetpu issue 31).
LITTLE_GROWTH = Limit(
    f"it is not mapped where a side grows much (taken as {MAX_GROWTH} times)",
    _grows_little,
    "grow in steps of 2, or repeat with a concatenation",
)
