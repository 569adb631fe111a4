"""What every picture plugin shares: a plugin that is nothing but options and ``decode``."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from edgenode import plugin
from edgenode.sense.plugins._pictures import PictureOptions, PicturePlugin
from edgenode.testing import frames

SQUARE = (192, 192)


class Mean(PicturePlugin[PictureOptions]):
    """Says how bright the model's input was."""

    def decode(
        self, outputs: Sequence[plugin.Tensor], sample: plugin.Frame
    ) -> tuple[plugin.Finding, ...]:
        return (plugin.Measurement("mean", float(outputs[0].mean())),)


def mean(
    shape: tuple[int, ...] = (1, 192, 192, 3),
    dtype: str = "uint8",
    options: PictureOptions | None = None,
    **traits: Any,  # noqa: ANN401
) -> Mean:
    spec = plugin.TensorSpec(name="image", shape=shape, dtype=dtype)
    model = plugin.Model(id="mine", input=spec, outputs=(), traits=traits)
    return Mean(options or PictureOptions(source="front"), model)


@pytest.mark.parametrize(
    ("fit", "one"),
    [
        ("stretch", plugin.Demand(size=SQUARE)),
        ("letterbox", plugin.Demand(size=SQUARE, fit="letterbox")),
        ("crop", plugin.Demand(size=(384, 384), fit="letterbox")),
    ],
)
def test_the_model_s_input_and_its_fit_say_what_is_demanded(fit: str, one: plugin.Demand) -> None:
    assert mean(fit=fit).demand() == one


def test_the_rate_of_the_options_is_demanded_too() -> None:
    options = PictureOptions(source="front", rate_hz=2.0)

    demand = mean(shape=(1, 120, 160, 3), options=options).demand()

    assert demand == plugin.Demand(size=(160, 120), rate_hz=2.0)


@pytest.mark.parametrize(
    ("shape", "dtype", "cure"),
    [
        ((1, 3, 224, 224), "uint8", r"export it with its channels last \(NHWC\)"),
        ((1, 1024), "uint8", "it takes no picture, so use another, or write a plugin for it"),
        ((1, 224, 224, 3), "int16", "quantise the model, or use another"),
        (
            (1, 224, 224, 3),
            "float32",
            r"quantise the model, or say in \[traits\] what it was trained with, .* PyTorch's",
        ),
    ],
)
def test_a_model_that_eats_no_picture_of_bytes_is_refused_with_the_cure(
    shape: tuple[int, ...], dtype: str, cure: str
) -> None:
    takes = rf"model 'mine' takes {dtype} \[{', '.join(map(str, shape))}\]; a picture plugin needs"

    with pytest.raises(plugin.ModelError, match=f"{takes} .*: {cure}$"):
        mean(shape, dtype)


@pytest.mark.parametrize(
    ("chosen", "expected"), [(None, 0.4), (0.6, 0.6), ({"cat": 0.7}, {"cat": 0.7})]
)
def test_findings_are_cleaned_by_the_threshold_of_the_options_else_the_manifest_s(
    chosen: float | dict[str, float] | None, expected: float | dict[str, float]
) -> None:
    options = PictureOptions(source="front", threshold=chosen)

    (only,) = mean(options=options, threshold=0.4).clean()

    assert only == plugin.Use("threshold", {"threshold": expected})


@pytest.mark.parametrize("fit", ["stretch", "letterbox", "crop"])
@pytest.mark.parametrize("shape", [(1, 8, 8, 3), (1, 8, 8, 1), (1, 8, 8), (1, 20, 30, 3)])
@pytest.mark.parametrize("dtype", ["uint8", "int8"])
def test_a_frame_is_fitted_without_a_change_in_it(
    fit: str, shape: tuple[int, ...], dtype: str
) -> None:
    pixels = np.random.default_rng(1).integers(0, 255, (20, 30, 3), np.uint8)
    (frame,) = frames([pixels.copy()])

    tensor = mean(shape, dtype, fit=fit).prepare(frame)

    assert (tensor.shape, tensor.dtype) == (shape, dtype)
    assert np.array_equal(frame.pixels, pixels)
