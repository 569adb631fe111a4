"""Model files made to measure, written with the libraries that read them."""

import re
from collections.abc import Callable, Iterable
from pathlib import Path

import flatbuffers
import numpy as np
import pytest
import tflite
from flatbuffers import flexbuffers

BUILTINS = {name: code for name, code in vars(tflite.BuiltinOperator).items() if name[0] != "_"}
DTYPES = {name.lower(): code for name, code in vars(tflite.TensorType).items() if name[0] != "_"}

Build = Callable[..., bytes]


@pytest.fixture
def build() -> Build:
    """Return a function that builds a .tflite file of lines, one for each operator.

    ``CONV_2D in:1x8x8x3 w=4x3x3x3 b=4:int32 -> out:1x8x8x4 Conv2DOptions.DilationHFactor=2``

    ``name:shape`` flows, ``name=shape`` is a constant of zeros, ``name=[1,2]`` one of numbers,
    ``name~shape`` a variable; int8 unless the dtype follows; ``?`` for an open size of 1. A line
    ``---`` begins another graph. Keywords give a custom operator its options by its name.
    """

    def build(lines: str, **custom: bytes) -> bytes:
        return Writer(custom).write(re.split(r"^\s*---$", lines.strip(), flags=re.MULTILINE))

    return build


@pytest.fixture
def model(build: Build, tmp_path: Path) -> Callable[..., Path]:
    """Return a function that builds as ``build`` and returns the path of the file."""

    def write(lines: str, name: str = "model.tflite", **custom: bytes) -> Path:
        (tmp_path / name).write_bytes(build(lines, **custom))
        return tmp_path / name

    return write


@pytest.fixture
def compiled() -> Callable[..., bytes]:
    """Return a function: what the compiler tells the custom operator, with a package inside."""

    def options(*, cached: int = 0, streamed: int = 0, token: int = 7, runtime: int = 13) -> bytes:
        loading = executable(kind=1, parameters=cached, token=token)
        executing = executable(kind=2, parameters=streamed, token=token)
        package = table(
            {0: runtime, 1: table({0: [executing, loading]}), 4: b"of the test"}, b"DWN1"
        )
        return bytes(flexbuffers.Dumps({"1": 1, "4": package}))

    return options


def executable(*, kind: int, parameters: int, token: int) -> bytes:
    return table({6: bytes(parameters), 13: np.int16(kind), 14: np.uint64(token)})


def table(
    fields: dict[int, int | bytes | list[bytes] | np.int16 | np.uint64], magic: bytes | None = None
) -> bytes:
    """Return a FlatBuffers file of one table, with these values by the numbers of the fields."""
    builder = flatbuffers.Builder()
    places: dict[int, int] = {}
    for number, value in fields.items():
        if isinstance(value, bytes):
            places[number] = builder.CreateString(value)
        if isinstance(value, list):
            places[number] = offsets(builder, [builder.CreateString(one) for one in value])
    builder.StartObject(20)
    for number, value in fields.items():
        if number in places:
            builder.PrependUOffsetTRelativeSlot(number, places[number], 0)
        elif isinstance(value, np.int16):
            builder.PrependInt16Slot(number, int(value), 0)
        elif isinstance(value, np.uint64):
            builder.PrependUint64Slot(number, int(value), 0)
        else:
            builder.PrependInt32Slot(number, value, 0)
    builder.Finish(builder.EndObject(), magic)
    return bytes(builder.Output())


def offsets(builder: flatbuffers.Builder, places: Iterable[int]) -> int:
    """Write a vector of what is at these places; return where it is."""
    places = list(places)
    builder.StartVector(4, len(places), 4)
    for place in reversed(places):
        builder.PrependUOffsetTRelative(place)
    return int(builder.EndVector())


class Writer:
    """Writes one file."""

    def __init__(self, custom: dict[str, bytes]) -> None:
        self._custom = custom
        self._builder = flatbuffers.Builder()
        self._codes: list[str] = []
        self._buffers: list[bytes] = [b""]
        self._tensors: dict[str, int] = {}

    def write(self, graphs: list[str]) -> bytes:
        subgraphs = offsets(self._builder, [self._graph(lines) for lines in graphs])
        buffers = offsets(self._builder, [self._buffer(content) for content in self._buffers])
        codes = offsets(self._builder, [self._code(name) for name in self._codes])
        fields = {"Version": 3, "OperatorCodes": codes, "Subgraphs": subgraphs, "Buffers": buffers}
        self._builder.Finish(self._put("Model", fields), b"TFL3")
        return bytes(self._builder.Output())

    def _graph(self, lines: str) -> int:
        self._tensors = {}
        rows = [re.fullmatch(r"\s*(\S+)(.*)->(.*)", line) for line in lines.strip().splitlines()]
        operators, tensors, made, used = [], [], [], []
        for row in filter(None, rows):
            sides = [
                [word for word in side.split() if "Options." not in word]
                for side in (row[2], row[3])
            ]
            tensors += [self._tensor(word) for side in sides for word in side if self._is_new(word)]
            inputs, outputs = ([self._tensors[stem(word)] for word in side] for side in sides)
            used += [self._tensors[stem(word)] for word in sides[0] if not re.search("[=~]", word)]
            made += outputs
            operators.append(self._operator(row, inputs, outputs))
        fields = {
            "Tensors": offsets(self._builder, tensors),
            "Inputs": self._ints(n for n in dict.fromkeys(used) if n not in made),
            "Outputs": self._ints(n for n in dict.fromkeys(made) if n not in used),
            "Operators": offsets(self._builder, operators),
        }
        return self._put("SubGraph", fields)

    def _is_new(self, word: str) -> bool:
        known = stem(word) in self._tensors
        self._tensors.setdefault(stem(word), len(self._tensors))
        return not known

    def _tensor(self, word: str) -> int:
        name, kind, shape, dtype = re.fullmatch(r"(\w+)([:=~]?)([^:]*):?(\w*)", word).groups()
        values = [int(one) for one in shape.strip("[]").split(",")] if shape[:1] == "[" else None
        sizes = [] if values or not shape else shape.split("x")
        dims = [len(values)] if values else [1 if one == "?" else int(one) for one in sizes]
        dtype = dtype or ("int32" if values else "int8")
        if kind == "=":
            numbers = values or [0] * int(np.prod(dims))
            self._buffers.append(np.array(numbers, np.dtype(dtype)).tobytes())
        return self._put(
            "Tensor",
            {
                "Shape": self._ints(dims),
                "Type": DTYPES[dtype],
                "Buffer": len(self._buffers) - 1 if kind == "=" else 0,
                "Name": self._builder.CreateString(name),
                "Quantization": self._quantisation(),
                "IsVariable": kind == "~",
                "ShapeSignature": self._ints(-1 if one == "?" else int(one) for one in sizes),
            },
        )

    def _quantisation(self) -> int:
        scale = self._builder.CreateNumpyVector(np.array([0.5], np.float32))
        zero_point = self._builder.CreateNumpyVector(np.array([3], np.int64))
        return self._put("QuantizationParameters", {"Scale": scale, "ZeroPoint": zero_point})

    def _operator(self, row: re.Match[str], inputs: list[int], outputs: list[int]) -> int:
        if row[1] not in self._codes:
            self._codes.append(row[1])
        fields = {"OpcodeIndex": self._codes.index(row[1])}
        words = re.findall(r"(\w+Options)\.(\w+)=(\d+)", row[0])
        if words:
            fields["BuiltinOptionsType"] = getattr(tflite.BuiltinOptions, words[0][0])
            fields["BuiltinOptions"] = self._put(words[0][0], {f: int(n) for _, f, n in words})
        if row[1] in self._custom:
            fields["CustomOptions"] = self._builder.CreateByteVector(self._custom[row[1]])
        vectors = {"Inputs": self._ints(inputs), "Outputs": self._ints(outputs)}
        return self._put("Operator", fields | vectors)

    def _code(self, name: str) -> int:
        code = BUILTINS.get(name, tflite.BuiltinOperator.CUSTOM)
        fields = {"BuiltinCode": code, "DeprecatedBuiltinCode": min(code, 127)}
        if name not in BUILTINS:
            fields["CustomCode"] = self._builder.CreateString(name)
        return self._put("OperatorCode", fields)

    def _buffer(self, content: bytes) -> int:
        return self._put("Buffer", {"Data": self._builder.CreateByteVector(content)})

    def _ints(self, numbers: Iterable[int]) -> int:
        return int(self._builder.CreateNumpyVector(np.array(list(numbers), np.int32)))

    def _put(self, kind: str, fields: dict[str, int]) -> int:
        """Write a table; vectors, strings and tables in it must be there already."""
        getattr(tflite, f"{kind}Start")(self._builder)
        for name, value in fields.items():
            getattr(tflite, f"{kind}Add{name}")(self._builder, value)
        return int(getattr(tflite, f"{kind}End")(self._builder))


def stem(word: str) -> str:
    return re.split("[:=~]", word)[0]
