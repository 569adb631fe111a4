"""A model file as values: a model has graphs, a graph has operators, operators have tensors."""

import math
import struct

import msgspec

COMPILED = "edgetpu-custom-op"
"""Name of the operator with which the compiler replaces those it has mapped."""

TEXT_CHARS = 512
"""Longest name; converters join those of the layers that one operator stands for."""

INTEGERS = 64
"""As many as a constant of axes, sizes or paddings has at most."""

_CODES = {"int32": "i", "int64": "q"}


def text(raw: bytes) -> str:
    """Return a name in a file as it may be printed: one line, no control characters, bounded."""
    decoded = raw[: 4 * TEXT_CHARS].decode("utf-8", "replace")[:TEXT_CHARS]
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in decoded)


class Tensor(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """One tensor of a graph; ``index`` is its position in the graph's list.

    Attributes:
        dtype: TFLite's name of the type in lower case: ``int8``, ``float32``, ``resource``, ...
        signature: as ``shape``, with -1 for a size that is not fixed; empty if all are fixed.
        scales, zero_points: none, one, or one per channel.
        buffer: number of its buffer; constants with the same number share their bytes.
        content: bytes of a constant; empty otherwise.
        is_variable: it keeps its value from one inference to the next.
    """

    index: int
    name: str
    dtype: str
    shape: tuple[int, ...]
    signature: tuple[int, ...] = ()
    scales: tuple[float, ...] = ()
    zero_points: tuple[int, ...] = ()
    buffer: int = 0
    content: bytes = b""
    is_variable: bool = False

    @property
    def is_constant(self) -> bool:
        """Whether its values are in the file."""
        return bool(self.content)

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    @property
    def integers(self) -> tuple[int, ...]:
        """The first values of a constant of int32 or int64, such as axes or sizes; else empty."""
        code = _CODES.get(self.dtype)
        if code is None:
            return ()
        count = min(INTEGERS, len(self.content) // struct.calcsize(code))
        return struct.unpack_from(f"<{count}{code}", self.content)

    def __str__(self) -> str:
        return f"{self.dtype} [{', '.join(map(str, self.shape))}] {self.name!r}"


class Operator(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """One operator of a graph.

    Attributes:
        name: TFLite's name (``CONV_2D``), or the name of a custom operator.
        inputs: None stands for an optional input that is absent.
        options: by TFLite's names (``FusedActivationFunction``); only those that a limit needs.
        custom_options: the options of a custom operator as raw bytes.
    """

    name: str
    is_custom: bool = False
    inputs: tuple[Tensor | None, ...] = ()
    outputs: tuple[Tensor, ...] = ()
    options: dict[str, int] = {}
    custom_options: bytes = b""

    @property
    def activations(self) -> tuple[Tensor, ...]:
        """Inputs and outputs whose values are computed, not read from the file."""
        flowing = (tensor for tensor in self.inputs if tensor and not tensor.is_constant)
        return (*flowing, *self.outputs)

    @property
    def constants(self) -> tuple[Tensor, ...]:
        """The inputs whose values are in the file."""
        return tuple(tensor for tensor in self.inputs if tensor and tensor.is_constant)

    def constant(self, place: int) -> Tensor | None:
        """Return the input at *place* if it exists and is constant, else None."""
        tensor = self.inputs[place] if place < len(self.inputs) else None
        return tensor if tensor and tensor.is_constant else None

    def __str__(self) -> str:
        return f"{self.name} {self.outputs[0].name!r}" if self.outputs else self.name


class Graph(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """One graph; its operators have the order in which they run."""

    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    operators: tuple[Operator, ...]


class Model(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """A model file: the first graph is the model, which may call the others."""

    graphs: tuple[Graph, ...]

    @property
    def main(self) -> Graph:
        """The graph that an inference starts with."""
        return self.graphs[0]

    @property
    def is_compiled(self) -> bool:
        """Whether it was compiled for the Edge TPU."""
        return any(operator.name == COMPILED for operator in self.main.operators)
