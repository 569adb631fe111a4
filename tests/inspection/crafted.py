"""Model files that refer to the same bytes again and again: small, and endless if each is read."""

from typing import Any

import flatbuffers
import numpy as np
import tflite

from tests.model_files import BUILTINS, DTYPES, offsets

USUAL: dict[str, Any] = {
    "tensors": 2,
    "operators": 1,
    "graphs": 1,
    "shape": [1, 4],
    "name": b"tensor",
    "scales": [0.5],
    "reads": [0],
    "writes": [1],
    "ends": [0],
    "buffer": b"",
    "custom": b"",
    "options": b"",
    "alternates": "RELU",
}
"""How often the graph lists its one tensor and its operators, and the file its one graph; what is
in the tensor; what the operators read and write; inputs and outputs of the graph; name and options
of every other operator, and which the ones between are."""


def crafted(**asked: Any) -> bytes:  # noqa: ANN401 see USUAL
    """Return a file of one graph; whatever is in it twice is written once and referred to."""
    return Crafter(USUAL | asked).write()


class Crafter:
    """Writes one file."""

    def __init__(self, asked: dict[str, Any]) -> None:
        self._asked = asked
        self._made = flatbuffers.Builder()

    def write(self) -> bytes:
        made, asked = self._made, self._asked
        tensor, operators = self._tensor(), [self._operator(0), self._operator(1)]
        ends = self._ints(asked["ends"])
        graph = self._put(
            "SubGraph",
            Tensors=offsets(made, [tensor] * asked["tensors"]),
            Operators=offsets(made, [operators[n % 2] for n in range(asked["operators"])]),
            Inputs=ends,
            Outputs=ends,
        )
        buffer = self._put("Buffer", Data=made.CreateByteVector(asked["buffer"]))
        names = ["CUSTOM" if asked["custom"] else "RELU", asked["alternates"]]
        model = self._put(
            "Model",
            Version=3,
            OperatorCodes=offsets(made, [self._code(name) for name in names]),
            Subgraphs=offsets(made, [graph] * asked["graphs"]),
            Buffers=offsets(made, [buffer]),
        )
        made.Finish(model, b"TFL3")
        return bytes(made.Output())

    def _tensor(self) -> int:
        scales = self._made.CreateNumpyVector(np.array(self._asked["scales"], np.float32))
        return self._put(
            "Tensor",
            Name=self._made.CreateString(self._asked["name"]),
            Shape=self._ints(self._asked["shape"]),
            Type=DTYPES["int8"],
            Buffer=0,
            Quantization=self._put("QuantizationParameters", Scale=scales),
        )

    def _operator(self, code: int) -> int:
        asked = self._asked
        fields = {"Inputs": self._ints(asked["reads"]), "Outputs": self._ints(asked["writes"])}
        if asked["options"]:
            fields["CustomOptions"] = self._made.CreateByteVector(asked["options"])
        return self._put("Operator", OpcodeIndex=code, **fields)

    def _code(self, name: str) -> int:
        fields = {"BuiltinCode": BUILTINS[name], "DeprecatedBuiltinCode": min(BUILTINS[name], 127)}
        if name == "CUSTOM":
            fields["CustomCode"] = self._made.CreateString(self._asked["custom"])
        return self._put("OperatorCode", **fields)

    def _ints(self, numbers: list[int]) -> int:
        return int(self._made.CreateNumpyVector(np.array(numbers, np.int32)))

    def _put(self, kind: str, **fields: int) -> int:
        getattr(tflite, f"{kind}Start")(self._made)
        for field, value in fields.items():
            getattr(tflite, f"{kind}Add{field}")(self._made, value)
        return int(getattr(tflite, f"{kind}End")(self._made))


ENDLESS: dict[str, dict[str, Any]] = {
    "tensors and graphs": {"tensors": 4000, "graphs": 4000},
    "operators and graphs": {"operators": 4000, "graphs": 4000},
    "a long name": {"tensors": 6000, "name": b"n" * 20_000},
    "a large shape": {"tensors": 6000, "shape": [1] * 5000},
    "many scales": {"tensors": 6000, "scales": [0.5] * 5000},
    "much in a buffer": {"tensors": 6000, "buffer": bytes(20_000)},
    "many inputs": {"operators": 4000, "reads": [0] * 5000},
    "many outputs": {"operators": 4000, "writes": [1] * 5000},
    "large options": {
        "operators": 4000,
        "custom": b"edgetpu-custom-op",
        "options": bytes(20_000),
    },
    "many ends": {"ends": [0] * 9000},
}
"""Files of some ten kilobytes that stand for gigabytes, by what they have most of."""
