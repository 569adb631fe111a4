"""Model files made to measure, written with the libraries that read them."""

from collections.abc import Callable
from pathlib import Path

import flatbuffers
import numpy as np
import pytest
from flatbuffers import flexbuffers

from tests import model_files
from tests.model_files import offsets

Build = Callable[..., bytes]


@pytest.fixture
def build() -> Build:
    """Return ``model_files.build``."""
    return model_files.build


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
