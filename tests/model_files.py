"""Model files made to measure, written with the libraries that read them."""

import re
from collections.abc import Iterable

import flatbuffers
import numpy as np
import tflite

BUILTINS = {name: code for name, code in vars(tflite.BuiltinOperator).items() if name[0] != "_"}
DTYPES = {name.lower(): code for name, code in vars(tflite.TensorType).items() if name[0] != "_"}


def build(lines: str, **custom: bytes) -> bytes:
    """Return a .tflite file of *lines*, one for each operator.

    ``CONV_2D in:1x8x8x3 w=4x3x3x3 b=4:int32 -> out:1x8x8x4 Conv2DOptions.DilationHFactor=2``

    ``name:shape`` flows, ``name=shape`` is a constant of zeros, ``name=[1,2]`` one of numbers,
    ``name~shape`` a variable; int8 unless the dtype follows; ``?`` for an open size of 1. A line
    ``---`` begins another graph. Keywords give a custom operator its options by its name.
    """
    return Writer(custom).write(re.split(r"^\s*---$", lines.strip(), flags=re.MULTILINE))


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
