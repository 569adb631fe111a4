"""Reads .tflite files: the only module that knows the package tflite.

Its accessors trust the file. Whatever they raise for a damaged one becomes a ``ModelError``.
"""

import struct
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import tflite

from edgenode.errors import ModelError
from edgenode.inspection.graph import Graph, Model, Operator, Tensor

MAGIC = b"TFL3"

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
TABLES = {code: name for name, code in vars(tflite.BuiltinOptions).items() if name[0] != "_"}

T = TypeVar("T")


def load(path: Path) -> Model:
    """Return the model in the file at *path*; raise ``ModelError`` if it cannot be read."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror}; give the path of a .tflite file") from error
    return read(content, str(path))


def read(content: bytes, name: str) -> Model:
    """Return the model in *content*; raise ``ModelError`` naming *name* if it is not a model."""
    if content[4:8] != MAGIC:
        raise ModelError(f"{name}: not a TFLite model; give a .tflite file")
    try:
        file = tflite.Model.GetRootAs(content, 0)
        count = _checked(file.SubgraphsLength(), content)
        model = Model(graphs=tuple(_graph(file, file.Subgraphs(n), content) for n in range(count)))
    except READ_ERRORS as error:
        raise ModelError(f"{name}: damaged or cut short; fetch or convert it again") from error
    if not model.graphs or not model.main.operators:
        raise ModelError(f"{name}: a TFLite file without operators; convert the model again")
    return model


def _graph(file: tflite.Model, graph: tflite.SubGraph, content: bytes) -> Graph:
    tensors = _each(
        graph.TensorsLength(), lambda n: _tensor(file, graph.Tensors(n), n, content), content
    )
    operators = _each(
        graph.OperatorsLength(), lambda n: _operator(file, graph.Operators(n), tensors), content
    )
    return Graph(
        inputs=tuple(_at(tensors, n) for n in _vector(graph, "Inputs")),
        outputs=tuple(_at(tensors, n) for n in _vector(graph, "Outputs")),
        operators=operators,
    )


def _tensor(file: tflite.Model, tensor: tflite.Tensor, index: int, content: bytes) -> Tensor:
    quantisation = tensor.Quantization()
    buffer = int(tensor.Buffer())
    return Tensor(
        index=index,
        name=_text(tensor.Name()),
        dtype=DTYPES.get(tensor.Type(), f"type {tensor.Type()}"),
        shape=_vector(tensor, "Shape"),
        signature=_vector(tensor, "ShapeSignature"),
        scales=_vector(quantisation, "Scale") if quantisation else (),
        zero_points=_vector(quantisation, "ZeroPoint") if quantisation else (),
        buffer=buffer,
        content=_buffer(file, buffer, content),
        is_variable=bool(tensor.IsVariable()),
    )


def _operator(
    file: tflite.Model, operator: tflite.Operator, tensors: tuple[Tensor, ...]
) -> Operator:
    if operator.OpcodeIndex() >= file.OperatorCodesLength():
        raise IndexError("an operator's code is not in the file")
    codes = file.OperatorCodes(operator.OpcodeIndex())
    # The old field has only one byte. Operators above 127 are in the new one.
    code = max(codes.BuiltinCode(), codes.DeprecatedBuiltinCode())
    is_custom = code == tflite.BuiltinOperator.CUSTOM
    return Operator(
        name=_text(codes.CustomCode()) if is_custom else tflite.opcode2name(code),
        is_custom=is_custom,
        inputs=tuple(None if n == -1 else _at(tensors, n) for n in _vector(operator, "Inputs")),
        outputs=tuple(_at(tensors, n) for n in _vector(operator, "Outputs")),
        options=_options(operator),
        custom_options=_bytes(operator, "CustomOptions") if is_custom else b"",
    )


def _options(operator: tflite.Operator) -> dict[str, int]:
    union = operator.BuiltinOptions()
    kind = TABLES.get(operator.BuiltinOptionsType(), "NONE")
    if union is None or kind == "NONE":
        return {}
    table = getattr(tflite, kind)()
    table.Init(union.Bytes, union.Pos)
    return {name: int(getattr(table, name)()) for name in OPTIONS if hasattr(table, name)}


def _buffer(file: tflite.Model, index: int, content: bytes) -> bytes:
    if index >= _checked(file.BuffersLength(), content):
        return b""
    return _bytes(file.Buffers(index), "Data")


def _vector(table: tflite.Tensor, field: str) -> tuple[int, ...]:
    if getattr(table, f"{field}Length")() == 0:
        return ()
    return tuple(getattr(table, f"{field}AsNumpy")().tolist())


def _bytes(table: tflite.Buffer, field: str) -> bytes:
    if getattr(table, f"{field}Length")() == 0:
        return b""
    return bytes(getattr(table, f"{field}AsNumpy")().tobytes())


def _text(name: bytes | None) -> str:
    return (name or b"").decode("utf-8", "replace")


def _each(count: int, get: Callable[[int], T], content: bytes) -> tuple[T, ...]:
    return tuple(get(n) for n in range(_checked(count, content)))


def _checked(count: int, content: bytes) -> int:
    """Return *count*; raise ``ValueError`` if *content* is too short for so many offsets.

    Without this a damaged count would make the caller loop billions of times.
    """
    if count > len(content) // 4:
        raise ValueError("a list longer than the file")
    return count


def _at(tensors: tuple[Tensor, ...], index: int) -> Tensor:
    if index < 0:
        raise IndexError("a tensor before the first")
    return tensors[index]
