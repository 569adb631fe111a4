"""From the pixels of a picture, 0 to 255, to the numbers that a model's input takes."""

import numpy as np
from numpy.typing import NDArray

from edgenode import plugin

BYTES = frozenset({"uint8", "int8"})
SIGN_BIT = 0x80
"""Flipping it turns uint8 into int8 with a zero point that is 128 lower."""

PIXELS = ((0.0, 1.0), (-1.0, 1.0), (-0.5, 0.5), (0.0, 255.0), (-128.0, 127.0))
"""What pixels from 0 to 255 are in models that take them as they are: least and greatest."""
TOLERANCE = 0.07
"""How far a calibrated range may be from one of those, in shares of its width."""
CALIBRATED = 0.25
"""How far a declared range may be from what the input holds, which was calibrated on pictures."""

IMAGENET = "mean = [123.675, 116.28, 103.53] and std = [58.395, 57.12, 57.375]"
"""What PyTorch's models of ImageNet are trained with."""


class Levels:
    """Turns pixels into a model's input: raw bytes, or normalised by a mean and a deviation.

    Bytes go in as they are where that is what the quantisation of the input means: real values of
    0..1, -1..1 or 0..255 over all of its range. Any other input is of pictures that were
    normalised, (pixel - mean) / std: only the manifest can say how. A float input says nothing.
    """

    def __init__(
        self,
        model: plugin.Model,
        mean: tuple[float, ...] | None = None,
        std: tuple[float, ...] | None = None,
    ) -> None:
        """Raise ``ModelError`` if the input is no picture, or not what *mean* and *std* make."""
        _check_picture(model, declared=mean is not None or std is not None)
        self._signed = model.input.dtype == "int8"
        # By channel: the input's number for each of the 256 pixels.
        self._tables: tuple[plugin.Tensor, ...] = ()
        if mean is None and std is None:
            _check_raw(model)
        else:
            self._tables = tuple(_table(model, mean or (0.0,), std or (1.0,)))

    def of(self, pixels: plugin.Tensor) -> plugin.Tensor:
        """Return *pixels*, uint8 [height, width, 3] or grey [height, width], for the input."""
        if not self._tables:
            return (pixels ^ SIGN_BIT).view(np.int8) if self._signed else pixels
        if pixels.ndim == 2:  # noqa: PLR2004 grey
            return self._tables[0].take(pixels)
        # One channel after the other: a single index over all takes ten times as long.
        levels = [table.take(pixels[..., n]) for n, table in enumerate(self._tables)]
        return np.stack(levels, axis=-1)


def channels(spec: plugin.TensorSpec) -> int:
    """Return the channels of a picture, NHWC, or NHW for grey; 0 if the tensor is none."""
    if len(spec.shape) == 3:  # noqa: PLR2004
        return 1
    return spec.shape[3] if len(spec.shape) == 4 and spec.shape[3] in (1, 3) else 0  # noqa: PLR2004


def _check_picture(model: plugin.Model, *, declared: bool) -> None:
    spec = model.input
    is_picture = spec.shape[:1] == (1,) and channels(spec) > 0
    if is_picture and (spec.dtype in BYTES or (spec.dtype == "float32" and declared)):
        return
    raise plugin.ModelError(
        f"model {model.id!r} takes {spec.dtype} {list(spec.shape)}; a picture plugin needs"
        f" uint8 or int8 [1, height, width, 3 or 1]: {_cure(spec)}"
    )


def _cure(spec: plugin.TensorSpec) -> str:
    shape = spec.shape
    if len(shape) == 4 and shape[1] in (1, 3) and shape[3] not in (1, 3):  # noqa: PLR2004 NCHW
        return "export it with its channels last (NHWC)"
    if spec.dtype == "float32" and shape[:1] == (1,) and channels(spec):
        return (
            "quantise the model, or say in [traits] what it was trained with, of pixels from 0 to"
            f" 255: std = [255] for fractions, {IMAGENET} for PyTorch's"
        )
    if len(shape) in (3, 4):
        return "quantise the model, or use another"
    return "it takes no picture, so use another, or write a plugin for it"


def _check_raw(model: plugin.Model) -> None:
    """Raise ``ModelError`` if the quantisation of the input says that bytes must not go in raw."""
    spec = model.input
    if spec.scale == 0.0:
        return
    least, greatest = _held(spec)
    for low, high in PIXELS:
        near = TOLERANCE * (high - low)
        if abs(least - low) <= near and abs(greatest - high) <= near:
            return
    raise plugin.ModelError(
        f"model {model.id!r} takes {spec.dtype} with scale {spec.scale:.4g} and zero point"
        f" {spec.zero_point}: real values from {least:.3g} to {greatest:.3g}, which are no pixels"
        " but pictures normalised by (pixel - mean) / std; say in [traits] what it was trained"
        f" with, of pixels from 0 to 255: {IMAGENET} for PyTorch's"
    )


def _table(model: plugin.Model, mean: tuple[float, ...], std: tuple[float, ...]) -> plugin.Tensor:
    """Return the input's number for each pixel, [channels, 256]."""
    spec, count = model.input, channels(model.input)
    for name, values in (("mean", mean), ("std", std)):
        if len(values) not in {1, count}:
            raise plugin.ModelError(
                f"model {model.id!r}: [traits] {name} has {len(values)} numbers, the input has"
                f" {count} channels; give one, or one for each"
            )
    if min(std) < 1.0:
        raise plugin.ModelError(
            f"model {model.id!r}: [traits] std has {min(std):g}: mean and std are of pixels from 0"
            " to 255; multiply those of 0 to 1 by 255"
        )
    real = (np.arange(256) - _column(mean)) / _column(std)
    _check_held(model, real)
    return np.broadcast_to(spec.quantise(real.astype(np.float32)), (count, 256))


def _check_held(model: plugin.Model, real: NDArray[np.float64]) -> None:
    spec = model.input
    if spec.dtype not in BYTES:
        return
    if spec.scale == 0.0:
        raise plugin.ModelError(
            f"model {model.id!r}: its input is not quantised, so it takes pixels as they are;"
            " remove mean and std from [traits]"
        )
    least, greatest = _held(spec)
    near = CALIBRATED * (greatest - least)
    far = [abs(real.min() - least), abs(real.max() - greatest)]
    if spec.zero_point == 0 and spec.dtype == "int8":
        # Symmetric: the half for negative values may be unused.
        far = [abs(np.abs(real).max() - greatest)]
    if max(far) > near:
        raise plugin.ModelError(
            f"model {model.id!r}: with mean and std of [traits] pictures are from"
            f" {real.min():.3g} to {real.max():.3g}, but its input holds {least:.3g} to"
            f" {greatest:.3g} (scale {spec.scale:.4g}, zero point {spec.zero_point}); correct them"
        )


def _held(spec: plugin.TensorSpec) -> tuple[float, float]:
    """Return the least and the greatest real value that a quantised tensor holds."""
    limits = np.iinfo(spec.dtype)
    least, greatest = spec.dequantise(np.array([limits.min, limits.max]))
    return float(least), float(greatest)


def _column(values: tuple[float, ...]) -> NDArray[np.float64]:
    return np.array(values, np.float64)[:, np.newaxis]
