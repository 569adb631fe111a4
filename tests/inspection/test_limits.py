"""Each documented limit, kept and broken."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from edgenode.inspection import flat, rules
from edgenode.inspection.operators import SUPPORTED

DILATED = "Conv2DOptions.Dilation{}Factor=2"

KEPT = [
    "ADD in:1x8x8x4 c=4 -> out:1x8x8x4",
    "AVERAGE_POOL_2D in:1x8x8x4 -> out:1x4x4x4 Pool2DOptions.FilterWidth=2",
    "CONCATENATION in:1x4 in2:1x4 -> out:1x8 ConcatenationOptions.Axis=1",
    "CONV_2D in:1x8x8x3 w=4x3x3x3 b=4:int32 -> out:1x8x8x4",
    "DEPTHWISE_CONV_2D in:1x8x8x3 w=1x3x3x3 b=3:int32 -> out:1x8x8x3",
    f"CONV_2D in:1x8x8x3 w=4x3x3x3 -> o:1x8x8x4 {DILATED.format('H')} {DILATED.format('W')}",
    "FULLY_CONNECTED in:1x1x1x8 w=4x8 b=4:int32 -> out:1x4",
    "FULLY_CONNECTED in:1x8 w=4x8 -> out:1x4",
    "MEAN in:1x8x8x6 axes=[1,2] -> out:1x6",
    "MEAN in:1x8x8x8 axes=[-1] -> out:1x8x8",
    "PACK in:1x4 in2:1x4 -> out:1x2x4 PackOptions.Axis=1",
    "PAD in:1x8x8x3 p=[0,0,1,1,1,1,0,0] -> out:1x10x10x3",
    "PRELU in:1x8x8x3 slopes=1x1x3 -> out:1x8x8x3",
    "QUANTIZE in:1x8:uint8 -> out:1x8",
    "RESIZE_BILINEAR in:1x6x6x8 size=[12,12] -> out:1x12x12x8",
    "SOFTMAX in:1x10 -> out:1x10",
    "SPLIT axis=[3] in:1x8x8x4 -> a:1x8x8x2 b:1x8x8x2",
    "SPLIT axis=[0] in:1x8x8x4 -> a:1x8x8x4",
    "STRIDED_SLICE in:1x8x8x4 a=[0,0,0,0] b=[1,4,8,4] s=[1,1,1,1] -> out:1x4x8x4",
    "SUM in:1x8x8x3 axes=[3] -> out:1x8x8",
    "TRANSPOSE in:1x300x6 p=[0,2,1] -> out:1x6x300",
    "TRANSPOSE_CONV shape=[1,8,8,3] w=3x2x2x4 in:1x4x4x4 -> out:1x8x8x3",
    "UNIDIRECTIONAL_SEQUENCE_LSTM in:1x4x8 w=6x8 -> out:1x4x6",
]

BROKEN = {
    "MAX_POOL_2D in:1x8x8x4 -> out:1x4x4x4 Pool2DOptions.FusedActivationFunction=1": (
        "it must have no fused activation"
    ),
    "CONCATENATION in:1x4 c=4 d=4 -> out:1x12": "a constant may only be joined to one other",
    "CONCATENATION in:1x2 c=[5,6]:int8 -> out:1x4": "a constant may only be joined to one other",
    "FULLY_CONNECTED in:1x8 w:4x8 -> out:1x4": "its weights and biases must be constant",
    f"CONV_2D in:1x8x8x3 w=4x3x3x3 -> out:1x8x8x4 {DILATED.format('H')}": (
        "its dilation must be the same in x and y"
    ),
    "FULLY_CONNECTED in:6x8 w=4x8 -> out:6x4": "its output must be one-dimensional",
    "FULLY_CONNECTED in:1x8 w=4x8 -> out:1x4 FullyConnectedOptions.WeightsFormat=1": (
        "its weights must be in the default format"
    ),
    "MEAN in:2x8x8 axes=[0] -> out:8x8": "it must not reduce the batch",
    "MEAN in:1x8x8x6 axes=[3] -> out:1x8x8": "must be a multiple of 4",
    "PACK in:1x4 in2:1x4 -> out:2x1x4": "it must not work along the batch",
    "PAD in:1x8x3 p=[1,0,0,0,0,0] -> out:2x8x3": "it must not pad the batch",
    "PRELU in:1x8x8x3 slopes=8x8x3 -> out:1x8x8x3": "its slopes must be one per channel",
    "QUANTIZE in:1x8:int32 -> out:1x8": "QUANTIZE works on int32 [1, 8] 'in'",
    "RESIZE_BILINEAR in:1x1x1x8 size=[33,33] -> out:1x33x33x8": "where a side grows much",
    "SOFTMAX in:1x4x10 -> out:1x4x10": "its input must be one-dimensional",
    "SOFTMAX in:1x16001 -> out:1x16001": "at most 16000 elements",
    "SPLIT axis=[0] in:2x8x4 -> a:1x8x4 b:1x8x4": "it must not split the batch",
    "STRIDED_SLICE in:1x8 a=[0,0] b=[1,8] s=[1,2] -> out:1x4": "its strides must be 1",
    "STRIDED_SLICE in:1x8 a=[0,0] b=[1,8] s=[1,1] -> out:1x8 StridedSliceOptions.NewAxisMask=1": (
        "without ellipsis and new axis"
    ),
    "DEPTH_TO_SPACE in:1x4x4x8 -> out:1x8x8x2": "is not among its operators",
    "GATHER in:1x4 i=[0] -> out:1x1": "is not among its operators",
}


@pytest.mark.parametrize("line", KEPT)
def test_within_its_limits_an_operator_maps(build: Callable[..., bytes], line: str) -> None:
    report = rules.check(flat.read(build(line), "m"), "m")

    assert report.verdict == "ok"


@pytest.mark.parametrize(("line", "why"), BROKEN.items())
def test_beyond_its_limits_an_operator_stays_on_the_cpu(
    build: Callable[..., bytes], line: str, why: str
) -> None:
    report = rules.check(flat.read(build(line), "m"), "m")

    (obstacle,) = report.mapping.obstacles
    assert report.mapping.mapped == ()
    assert why in obstacle.what
    assert obstacle.cure


def test_the_page_on_the_edge_tpu_names_the_operators_that_it_has() -> None:
    page = (Path(__file__).parents[2] / "docs" / "edge-tpu.md").read_text()
    table = page.split("| operators | limits |")[1].split("\n\n")[0]

    assert set(re.findall(r"\b[A-Z][A-Z0-9_]{2,}\b", table)) == set(SUPPORTED)
