from collections.abc import Callable

import pytest

from edgenode.inspection import cost, flat

Build = Callable[..., bytes]


@pytest.mark.parametrize(
    ("line", "macs"),
    [
        ("CONV_2D in:1x8x8x3 w=4x3x3x3 b=4:int32 -> out:1x8x8x4", 8 * 8 * 4 * 3 * 3 * 3),
        ("DEPTHWISE_CONV_2D in:1x8x8x6 w=1x3x3x6 b=6:int32 -> out:1x4x4x6", 4 * 4 * 6 * 3 * 3),
        ("FULLY_CONNECTED in:1x8 w=4x8 b=4:int32 -> out:1x4", 8 * 4),
        ("TRANSPOSE_CONV s=[1,8,8,3] w=3x2x2x4 in:1x4x4x4 -> out:1x8x8x3", 4 * 4 * 4 * 3 * 2 * 2),
        ("UNIDIRECTIONAL_SEQUENCE_LSTM in:1x5x8 w=6x8 r=6x6 -> out:1x5x6", 5 * (6 * 8 + 6 * 6)),
        ("ADD in:1x8 c=8 -> out:1x8", 0),
    ],
)
def test_multiply_accumulates_are_counted_by_operator(build: Build, line: str, macs: int) -> None:
    model = flat.read(build(line), "m")

    assert cost.macs(model.main.operators) == macs


def test_parameters_are_the_constants_those_in_common_once(build: Build) -> None:
    lines = (
        "FULLY_CONNECTED in:1x8 w=8x8 b=8:int32 -> a:1x8\nFULLY_CONNECTED a w c=8:int32 -> b:1x8"
    )

    model = flat.read(build(lines), "m")

    assert cost.parameters(model.main.operators) == 8 * 8 + 2 * 8 * 4
    assert cost.parameters(model.main.operators[1:]) == 8 * 8 + 8 * 4
