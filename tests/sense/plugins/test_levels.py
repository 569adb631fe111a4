"""What a model's input gets for a pixel; expected by the formula of TFLite's quantisation.

real = scale * (integer - zero point), and real = (pixel - mean) / std.
"""

from typing import Any

import numpy as np
import pytest

from edgenode import plugin
from edgenode.sense.plugins._pictures import PictureOptions, PicturePlugin
from edgenode.testing import frames

MEAN, STD = [123.675, 116.28, 103.53], [58.395, 57.12, 57.375]
SCALE, ZERO_POINT = 0.0186, -15


class Any8Bit(PicturePlugin[PictureOptions]):
    """Takes pictures and says nothing."""

    def decode(self, outputs: Any, sample: plugin.Frame) -> tuple[plugin.Finding, ...]:  # noqa: ANN401
        return ()


def taker(
    dtype: str = "int8",
    scale: float = SCALE,
    zero_point: int = ZERO_POINT,
    depth: int = 3,
    **traits: Any,  # noqa: ANN401
) -> Any8Bit:
    spec = plugin.TensorSpec(
        name="image", shape=(1, 16, 16, depth), dtype=dtype, scale=scale, zero_point=zero_point
    )
    model = plugin.Model(id="mine", input=spec, outputs=(), traits=traits)
    return Any8Bit(PictureOptions(source="front"), model)


def given(tested: Any8Bit, pixels: plugin.Tensor) -> plugin.Tensor:
    (frame,) = frames([pixels])
    tensor = tested.prepare(frame)
    assert tensor is not None
    return tensor[0]


@pytest.fixture
def pixels() -> plugin.Tensor:
    """Return a picture in which every channel has every value."""
    every = np.arange(256, dtype=np.uint8).reshape(16, 16)
    return np.stack([every, every[::-1], every.T], axis=-1)


@pytest.mark.parametrize(
    ("dtype", "scale", "zero_point"),
    [
        ("uint8", 0.0, 0),
        ("uint8", 1 / 255, 0),
        ("uint8", 0.0078125, 128),
        ("uint8", 0.0078125, 127),
        ("uint8", 1.0, 0),
        ("int8", 1 / 255, -128),
        ("int8", 0.00784, -1),
        ("int8", 0.0037, -128),  # calibrated on pictures that reach 0.94
        ("int8", 1.0, 0),
    ],
)
def test_where_the_quantisation_means_pixels_bytes_go_in_as_they_are(
    dtype: str, scale: float, zero_point: int, pixels: plugin.Tensor
) -> None:
    tensor = given(taker(dtype, scale, zero_point), pixels)

    shift = 128 if dtype == "int8" else 0
    assert np.array_equal(tensor.astype(int) + shift, pixels)


@pytest.mark.parametrize(
    ("scale", "zero_point"), [(SCALE, ZERO_POINT), (1.078, -13), (0.0373, -128), (0.002, 0)]
)
def test_another_quantisation_is_refused_until_the_manifest_says_what_it_means(
    scale: float, zero_point: int
) -> None:
    with pytest.raises(
        plugin.ModelError, match=rf"scale {scale} and zero point {zero_point}: real"
    ):
        taker("int8", scale, zero_point)


def test_mean_and_std_of_the_manifest_go_through_the_input_s_quantisation(
    pixels: plugin.Tensor,
) -> None:
    tensor = given(taker(mean=MEAN, std=STD), pixels)

    real = (pixels.astype(np.float64) - MEAN) / STD
    expected = np.clip(np.round(real / SCALE) + ZERO_POINT, -128, 127)
    assert np.abs(tensor - expected).max() <= 1  # a half may be rounded either way
    assert (tensor == expected).mean() > 0.99


def test_one_number_is_for_all_channels_and_one_of_the_two_may_be_left_out(
    pixels: plugin.Tensor,
) -> None:
    both = given(taker("int8", 0.0157, 0, mean=[127.5], std=[63.75]), pixels)
    alone = given(taker("uint8", 1 / 255, 0, std=[255]), pixels)

    assert np.abs(both - np.round((pixels - 127.5) / 63.75 / 0.0157).clip(-128, 127)).max() <= 1
    assert np.array_equal(alone, pixels)


@pytest.mark.parametrize("depth", [1, 3])
def test_a_float_input_gets_the_real_values(depth: int, pixels: plugin.Tensor) -> None:
    tested = taker("float32", 0.0, 0, depth, std=[255.0])
    grey = np.repeat(pixels[..., :1], 3, axis=-1)

    tensor = given(tested, grey)

    assert tensor.dtype == np.float32
    assert np.allclose(tensor, grey[..., :depth] / 255.0)


@pytest.mark.parametrize(
    ("traits", "fault"),
    [
        ({"mean": [1, 2], "std": [50]}, r"\[traits\] mean has 2 numbers, the input has 3 channels"),
        ({"mean": [0.485], "std": [0.229]}, "std has 0.229: .* multiply those of 0 to 1 by 255"),
        ({"std": [0]}, "std has 0: mean and std are of pixels from 0 to 255"),
        ({"std": [255]}, "pictures are from 0 to 1, but its input holds -2.1 to 2.64 .* correct"),
        ({"mean": MEAN}, "pictures are from -124 to 151, but its input holds"),
    ],
)
def test_a_mean_and_std_that_do_not_fit_the_input_are_refused(
    traits: dict[str, list[float]], fault: str
) -> None:
    with pytest.raises(plugin.ModelError, match=f"^model 'mine': .*{fault}"):
        taker(**traits)


def test_an_input_without_quantisation_takes_no_mean() -> None:
    with pytest.raises(plugin.ModelError, match="not quantised, so it takes pixels as they are"):
        taker("uint8", 0.0, 0, mean=MEAN)
