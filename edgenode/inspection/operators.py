"""The operators of the Edge TPU: since which runtime, and within which limits.

Names are TFLite's. Source: coral.ai/docs/edgetpu/models-intro, "Supported operations", compiler 16.
"""

import msgspec

from edgenode.inspection import limits
from edgenode.inspection.limits import Limit

FIRST_RUNTIME = 10
"""The oldest runtime in the documentation; later ones are 12, 13 and 14."""


class Support(msgspec.Struct, frozen=True):
    """The limits of an operator of the Edge TPU, and the oldest runtime that has it."""

    limits: tuple[Limit, ...] = ()
    runtime: int = FIRST_RUNTIME


SUPPORTED: dict[str, Support] = {
    "ADD": Support(),
    "AVERAGE_POOL_2D": Support((limits.PLAIN,)),
    "CONCATENATION": Support((limits.PLAIN, limits.ZEROS)),
    "CONV_2D": Support((limits.CONSTANT, limits.EVEN)),
    "DEPTHWISE_CONV_2D": Support((limits.CONSTANT, limits.EVEN)),
    "EXPAND_DIMS": Support(runtime=13),
    "FULLY_CONNECTED": Support(
        (limits.CONSTANT, limits.DEFAULT_WEIGHTS, limits.ONE_DIMENSION),
    ),
    "L2_NORMALIZATION": Support(),
    "LOGISTIC": Support(),
    "MAXIMUM": Support(),
    "MAX_POOL_2D": Support((limits.PLAIN,)),
    "MEAN": Support((limits.BATCH_REDUCED, limits.WHOLE_DEPTH)),
    "MINIMUM": Support(),
    "MUL": Support(),
    "PACK": Support((limits.BATCH_AXIS,), runtime=13),
    "PAD": Support((limits.BATCH_PADDED,)),
    "PRELU": Support((limits.SLOPES,), runtime=13),
    "QUANTIZE": Support(runtime=13),
    "REDUCE_MAX": Support((limits.BATCH_REDUCED,), runtime=14),
    "REDUCE_MIN": Support((limits.BATCH_REDUCED,), runtime=14),
    "RELU": Support(),
    "RELU6": Support(),
    "RELU_N1_TO_1": Support(),
    "RESHAPE": Support(),
    "RESIZE_BILINEAR": Support((limits.LITTLE_GROWTH,)),
    "RESIZE_NEAREST_NEIGHBOR": Support((limits.LITTLE_GROWTH,)),
    "RSQRT": Support(runtime=14),
    "SLICE": Support(),
    "SOFTMAX": Support((limits.SMALL_SOFTMAX,)),
    "SPACE_TO_DEPTH": Support(),
    "SPLIT": Support((limits.BATCH_SPLIT,)),
    "SQUARED_DIFFERENCE": Support(runtime=14),
    "SQUEEZE": Support(),
    "STRIDED_SLICE": Support((limits.UNIT_STRIDES,)),
    "SUB": Support(),
    "SUM": Support((limits.BATCH_REDUCED,), runtime=13),
    "TANH": Support(),
    "TRANSPOSE": Support(runtime=14),
    "TRANSPOSE_CONV": Support((limits.CONSTANT,), runtime=13),
    "UNIDIRECTIONAL_SEQUENCE_LSTM": Support(runtime=14),
}

_END_TO_END = (
    "it chooses among scores, which the CPU does better: end the model with the scores; a YOLO that"
    " suppresses boxes itself (YOLOv10, YOLO26, nms=True): export it with end2end=False, nms=False"
)

ALTERNATIVES: dict[str, str] = {
    "ARG_MAX": "give the scores out and take the greatest on the CPU",
    "BATCH_MATMUL": "it is of an attention layer (YOLO11, YOLO12 and YOLO26 have them): use a model"
    " without, such as YOLOv8 or YOLOv9",
    "CAST": "give the model int8 or uint8 from the start",
    "DEPTH_TO_SPACE": "use a transposed convolution",
    "DEQUANTIZE": "convert with inference_output_type tf.int8 or tf.uint8",
    "DIV": "multiply by the inverse",
    "ELU": "use RELU or RELU6",
    "EXP": "leave it out and compute it on the CPU, after the model",
    "GATHER": _END_TO_END,
    "GATHER_ND": _END_TO_END,
    "GELU": "use RELU or RELU6",
    "HARD_SWISH": "use RELU or RELU6",
    "LEAKY_RELU": "use RELU, or PRELU with one slope per channel",
    "SPLIT_V": "use SPLIT in equal parts, or SLICE",
    "TILE": _END_TO_END,
    "TOPK_V2": _END_TO_END,
    "UNPACK": "use STRIDED_SLICE and RESHAPE",
}
"""What to use instead of an operator that the Edge TPU does not have."""

SIZE_DEPENDENT = frozenset({"RESHAPE", "RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR", "TRANSPOSE"})
"""They "might not be mapped for large tensor sizes". The documentation does not say how large."""

LARGE_ELEMENTS = 100_000
"""Number of elements up to which compiled files have such operators mapped.

A TRANSPOSE of a picture of 224 x 224 x 3 was not mapped (google-coral/edgetpu issue 433).
"""

STATE = frozenset({"ASSIGN_VARIABLE", "READ_VARIABLE", "VAR_HANDLE"})
"""Operators that keep values from one inference to the next in resource variables."""

IN_RUNTIME = frozenset(
    {"AudioSpectrogram", "Mfcc", "NumericVerify", "TFLite_Detection_PostProcess"}
)
"""Custom operators that TFLite's runtimes have (tensorflow/lite/core/kernels/register.cc)."""

CONTROL_FLOW = frozenset({"CALL", "CALL_ONCE", "IF", "WHILE"})
"""Operators that call other graphs of the file."""
