"""Model files that refer to the same bytes again and again: small, and endless if each is read."""

from collections.abc import Iterator

import flatbuffers
import numpy as np
import tflite

from tests.inspection.conftest import BUILTINS, DTYPES, offsets


class Crafter:
    """Writes one graph; whatever is written twice is written once and referred to.

    Attributes:
        tensors, operators: how often the graph lists its one tensor, its operators.
        graphs: how often the file lists its one graph.
    """

    def __init__(self, *, tensors: int = 2, operators: int = 1, graphs: int = 1) -> None:
        self.tensors, self.operators, self.graphs = tensors, operators, graphs
        self.shape: list[int] = [1, 4]
        self.name = b"tensor"
        self.scales = [0.5]
        self.reads, self.writes = [0], [1]
        self.ends = [0]
        self.buffer = b""
        self.buffers = 1
        self.custom = b""
        self.options = b""
        self.alternates = ""

    def write(self) -> bytes:
        self._made = flatbuffers.Builder()
        made = self._made
        tensor, operators = self._tensor(), [self._operator(0), self._operator(1)]
        ends = self._ints(self.ends)
        graph = self._put(
            "SubGraph",
            Tensors=offsets(made, [tensor] * self.tensors),
            Operators=offsets(made, [operators[n % 2] for n in range(self.operators)]),
            Inputs=ends,
            Outputs=ends,
        )
        buffer = self._put("Buffer", Data=made.CreateByteVector(self.buffer))
        names = ["CUSTOM" if self.custom else "RELU", self.alternates or "RELU"]
        model = self._put(
            "Model",
            Version=3,
            OperatorCodes=offsets(made, [self._code(name) for name in names]),
            Subgraphs=offsets(made, [graph] * self.graphs),
            Buffers=offsets(made, [buffer] * self.buffers),
        )
        made.Finish(model, b"TFL3")
        return bytes(made.Output())

    def _tensor(self) -> int:
        scales = self._made.CreateNumpyVector(np.array(self.scales, np.float32))
        return self._put(
            "Tensor",
            Name=self._made.CreateString(self.name),
            Shape=self._ints(self.shape),
            Type=DTYPES["int8"],
            Buffer=self.buffers - 1 if self.buffer else 0,
            Quantization=self._put("QuantizationParameters", Scale=scales),
        )

    def _operator(self, code: int) -> int:
        fields = {"Inputs": self._ints(self.reads), "Outputs": self._ints(self.writes)}
        if self.options:
            fields["CustomOptions"] = self._made.CreateByteVector(self.options)
        return self._put("Operator", OpcodeIndex=code, **fields)

    def _code(self, name: str) -> int:
        fields = {"BuiltinCode": BUILTINS[name], "DeprecatedBuiltinCode": min(BUILTINS[name], 127)}
        if name == "CUSTOM":
            fields["CustomCode"] = self._made.CreateString(self.custom)
        return self._put("OperatorCode", **fields)

    def _ints(self, numbers: list[int]) -> int:
        return int(self._made.CreateNumpyVector(np.array(numbers, np.int32)))

    def _put(self, kind: str, **fields: int) -> int:
        getattr(tflite, f"{kind}Start")(self._made)
        for field, value in fields.items():
            getattr(tflite, f"{kind}Add{field}")(self._made, value)
        return int(getattr(tflite, f"{kind}End")(self._made))


def endless() -> Iterator[tuple[str, bytes]]:
    """Yield files of some ten kilobytes that stand for gigabytes, each with what it has most of."""
    for what, asked in {
        "tensors and graphs": {"tensors": 4000, "graphs": 4000},
        "operators and graphs": {"operators": 4000, "graphs": 4000},
    }.items():
        yield what, Crafter(**asked).write()
    for what, changed in {
        "a long name": {"name": b"n" * 20_000},
        "a large shape": {"shape": [1] * 5000},
        "many scales": {"scales": [0.5] * 5000},
        "much in a buffer": {"buffer": bytes(20_000)},
    }.items():
        yield what, _changed(Crafter(tensors=6000), **changed)
    for what, changed in {
        "many inputs": {"reads": [0] * 5000},
        "many outputs": {"writes": [1] * 5000},
        "large options": {"custom": b"edgetpu-custom-op", "options": bytes(20_000)},
    }.items():
        yield what, _changed(Crafter(operators=4000), **changed)
    yield "many ends", _changed(Crafter(), ends=[0] * 9000)
    yield "many buffers", _changed(Crafter(), buffer=bytes(9000), buffers=9000)


def _changed(crafter: Crafter, **values: object) -> bytes:
    for name, value in values.items():
        setattr(crafter, name, value)
    return crafter.write()
