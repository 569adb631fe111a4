"""The values a model file is read into: models of graphs of operators on tensors."""

import math
import struct

import msgspec

COMPILED = "edgetpu-custom-op"
"""The operator the compiler puts in the place of those it has mapped."""

_CODES = {"int32": "i", "int64": "q"}


class Tensor(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """One tensor of a graph; ``index`` is its place there.

    Attributes:
        dtype: TFLite's name of it in lower case: ``int8``, ``float32``, ``resource``, ...
        signature: as ``shape``, with -1 where the size is open; empty where nothing is.
        scales: none, one, or one per channel; ``zero_points`` alike.
        buffer: constants of the same buffer are kept once.
        content: of a constant; empty otherwise.
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
        """How many elements it has."""
        return math.prod(self.shape)

    @property
    def integers(self) -> tuple[int, ...]:
        """The values of a constant of int32 or int64: axes, sizes, paddings; else nothing."""
        code = _CODES.get(self.dtype)
        if code is None:
            return ()
        return struct.unpack_from(
            f"<{len(self.content) // struct.calcsize(code)}{code}", self.content
        )

    def __str__(self) -> str:
        return f"{self.dtype} [{', '.join(map(str, self.shape))}] {self.name!r}"


class Operator(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """One operator of a graph.

    Attributes:
        name: TFLite's name of it (``CONV_2D``), or what a custom one is called.
        inputs: None stands for an optional one that is not there.
        options: by TFLite's names (``FusedActivationFunction``); those that matter here.
        custom_options: what a custom operator is told, as it is.
    """

    name: str
    is_custom: bool = False
    inputs: tuple[Tensor | None, ...] = ()
    outputs: tuple[Tensor, ...] = ()
    options: dict[str, int] = {}
    custom_options: bytes = b""

    @property
    def activations(self) -> tuple[Tensor, ...]:
        """What flows in and out: the tensors whose values are not in the file."""
        flowing = (tensor for tensor in self.inputs if tensor and not tensor.is_constant)
        return (*flowing, *self.outputs)

    @property
    def constants(self) -> tuple[Tensor, ...]:
        """The inputs whose values are in the file."""
        return tuple(tensor for tensor in self.inputs if tensor and tensor.is_constant)

    def constant(self, place: int) -> Tensor | None:
        """Return the input at *place* if it is there and constant."""
        tensor = self.inputs[place] if place < len(self.inputs) else None
        return tensor if tensor and tensor.is_constant else None

    def __str__(self) -> str:
        return f"{self.name} {self.outputs[0].name!r}" if self.outputs else self.name


class Graph(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """One graph: its operators in the order in which they run."""

    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    operators: tuple[Operator, ...]


class Model(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """A model file: the first graph is the model, others are called by it."""

    graphs: tuple[Graph, ...]

    @property
    def main(self) -> Graph:
        """The graph that an inference runs."""
        return self.graphs[0]

    @property
    def is_compiled(self) -> bool:
        """Whether the Edge TPU's compiler has been at it."""
        return any(operator.name == COMPILED for operator in self.main.operators)
