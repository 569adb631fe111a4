"""Reads .tflite files: the only module that knows the package tflite.

Its accessors trust the file. Whatever they raise for a damaged one becomes a ``ModelError``. A
file may refer to the same table a thousand times, so what is read is bounded: see ``TABLES``.
"""

import struct
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import tflite

from edgenode import files
from edgenode.errors import ModelError
from edgenode.inspection.graph import Graph, Model, Operator, Tensor, text

MAGIC = b"TFL3"

FILE_BYTES = 512 << 20
"""The largest file that is read."""

TABLES = 20_000
"""How many graphs, tensors and operators a file may have together; large models have 5,000."""

NUMBERS = 500_000
"""How many sizes, scales, zero points, inputs and outputs they may have together."""

ENDS = 1_000
"""How many inputs, and how many outputs, a graph may have."""

RANK = 16
"""How many dimensions a tensor may have; TFLite's own operators have up to 8."""

SPARE_BYTES = 1 << 16
"""Names, options and buffers may have this more than twice the bytes of the file."""

READ_ERRORS = (AttributeError, IndexError, OverflowError, TypeError, ValueError, struct.error)
"""What tflite, flatbuffers and numpy raise for offsets that point outside the file."""

# Only the options that a limit in `limits` asks for.
OPTIONS = (
    "Axis",
    "DilationHFactor",
    "DilationWFactor",
    "EllipsisMask",
    "FusedActivationFunction",
    "NewAxisMask",
    "TimeMajor",
    "WeightsFormat",
)

DTYPES = {code: name.lower() for name, code in vars(tflite.TensorType).items() if name[0] != "_"}
TABLES_OF_OPTIONS = {
    code: name for name, code in vars(tflite.BuiltinOptions).items() if name[0] != "_"
}
OPERATORS = {code: name for name, code in vars(tflite.BuiltinOperator).items() if name[0] != "_"}

T = TypeVar("T")


class _ExcessError(ValueError):
    """The file has more of something than any model; the message says of what."""


def load(path: Path) -> Model:
    """Return the model in the file at *path*; raise ``ModelError`` if it cannot be read."""
    try:
        content = files.content(path, FILE_BYTES)
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror}; give the path of a .tflite file") from error
    return read(content, str(path))


def read(content: bytes, name: str) -> Model:
    """Return the model in *content*; raise ``ModelError`` naming *name* if it is not a model.

    The time that it takes, and the memory, do not depend on how often the file refers to the same
    bytes.
    """
    if content[4:8] != MAGIC:
        raise ModelError(f"{name}: not a TFLite model; give a .tflite file")
    try:
        model = _Reader(content).model()
    except _ExcessError as error:
        raise ModelError(f"{name}: {error}; fetch or convert it again") from error
    except READ_ERRORS as error:
        raise ModelError(f"{name}: damaged or cut short; fetch or convert it again") from error
    if not model.graphs or not model.main.operators:
        raise ModelError(f"{name}: a TFLite file without operators; convert the model again")
    return model


class _Reader:
    """Reads one file, each of its buffers once, and counts what it reads."""

    def __init__(self, content: bytes) -> None:
        self._file = tflite.Model.GetRootAs(content, 0)
        self._buffers: dict[int, bytes] = {}
        self._tables = TABLES
        self._numbers = NUMBERS
        self._bytes = 2 * len(content) + SPARE_BYTES

    def model(self) -> Model:
        """Return the model; raise one of ``READ_ERRORS`` if it is damaged."""
        count = self._file.SubgraphsLength()
        return Model(graphs=self._each(count, lambda n: self._graph(self._file.Subgraphs(n))))

    def _graph(self, graph: tflite.SubGraph) -> Graph:
        tensors = self._each(graph.TensorsLength(), lambda n: self._tensor(graph.Tensors(n), n))
        operators = self._each(
            graph.OperatorsLength(), lambda n: self._operator(graph.Operators(n), tensors)
        )
        if max(graph.InputsLength(), graph.OutputsLength()) > ENDS:
            raise _ExcessError(f"a graph with more than {ENDS} inputs or outputs")
        return Graph(
            inputs=tuple(_at(tensors, n) for n in self._vector(graph, "Inputs")),
            outputs=tuple(_at(tensors, n) for n in self._vector(graph, "Outputs")),
            operators=operators,
        )

    def _tensor(self, tensor: tflite.Tensor, index: int) -> Tensor:
        quantisation = tensor.Quantization()
        buffer = int(tensor.Buffer())
        if max(tensor.ShapeLength(), tensor.ShapeSignatureLength()) > RANK:
            raise _ExcessError(f"a tensor of more than {RANK} dimensions")
        return Tensor(
            index=index,
            name=self._text(tensor.Name()),
            dtype=DTYPES.get(tensor.Type(), f"type {tensor.Type()}"),
            shape=self._vector(tensor, "Shape"),
            signature=self._vector(tensor, "ShapeSignature"),
            scales=self._vector(quantisation, "Scale") if quantisation else (),
            zero_points=self._vector(quantisation, "ZeroPoint") if quantisation else (),
            buffer=buffer,
            content=self._buffer(buffer),
            is_variable=bool(tensor.IsVariable()),
        )

    def _operator(self, operator: tflite.Operator, tensors: tuple[Tensor, ...]) -> Operator:
        if operator.OpcodeIndex() >= self._file.OperatorCodesLength():
            raise IndexError("an operator's code is not in the file")
        codes = self._file.OperatorCodes(operator.OpcodeIndex())
        # The old field has only one byte. Operators above 127 are in the new one.
        code = max(codes.BuiltinCode(), codes.DeprecatedBuiltinCode())
        is_custom = code == tflite.BuiltinOperator.CUSTOM
        inputs = self._vector(operator, "Inputs")
        return Operator(
            # A runtime may know operators that the package tflite does not.
            name=self._text(codes.CustomCode())
            if is_custom
            else OPERATORS.get(code, f"operator {code}"),
            is_custom=is_custom,
            inputs=tuple(None if n == -1 else _at(tensors, n) for n in inputs),
            outputs=tuple(_at(tensors, n) for n in self._vector(operator, "Outputs")),
            options=_options(operator),
            custom_options=self._content(operator, "CustomOptions") if is_custom else b"",
        )

    def _each(self, count: int, get: Callable[[int], T]) -> tuple[T, ...]:
        """Return what *get* returns for each number below *count*, each a table."""
        self._tables -= count
        if self._tables < 0:
            raise _ExcessError(f"more than {TABLES} graphs, operators and tensors")
        return tuple(get(n) for n in range(count))

    def _vector(self, table: tflite.Tensor, field: str) -> tuple[int, ...]:
        count = getattr(table, f"{field}Length")()
        self._numbers -= count
        if self._numbers < 0:
            raise _ExcessError(f"more than {NUMBERS} sizes, scales, inputs and outputs")
        return tuple(getattr(table, f"{field}AsNumpy")().tolist()) if count else ()

    def _buffer(self, index: int) -> bytes:
        if index not in self._buffers and index < self._file.BuffersLength():
            self._buffers[index] = self._content(self._file.Buffers(index), "Data")
        return self._buffers.get(index, b"")

    def _content(self, table: tflite.Buffer, field: str) -> bytes:
        count = getattr(table, f"{field}Length")()
        self._take(count)
        return bytes(getattr(table, f"{field}AsNumpy")().tobytes()) if count else b""

    def _text(self, raw: bytes | None) -> str:
        self._take(len(raw or b""))
        return text(raw or b"")

    def _take(self, count: int) -> None:
        self._bytes -= count
        if self._bytes < 0:
            raise _ExcessError("names, options and buffers of more than twice its size")


def _options(operator: tflite.Operator) -> dict[str, int]:
    union = operator.BuiltinOptions()
    kind = TABLES_OF_OPTIONS.get(operator.BuiltinOptionsType(), "NONE")
    if union is None or kind == "NONE":
        return {}
    table = getattr(tflite, kind)()
    table.Init(union.Bytes, union.Pos)
    return {name: int(getattr(table, name)()) for name in OPTIONS if hasattr(table, name)}


def _at(tensors: tuple[Tensor, ...], index: int) -> Tensor:
    if index < 0:
        raise IndexError("a tensor before the first")
    return tensors[index]
