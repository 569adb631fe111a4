"""Shared by picture plugins: frames to the model's input tensor, and coordinates back."""

from typing import Annotated, ClassVar, TypeAlias, TypeVar

import numpy as np
from msgspec import Meta

from edgenode import plugin

SIGN_BIT = 0x80
"""Flipping it turns uint8 into int8 with a zero point that is 128 lower."""

LUMA = np.array([0.299, 0.587, 0.114], np.float32)
"""Weights of red, green and blue in grey (ITU-R BT.601, as in Pillow)."""

Thresholds: TypeAlias = plugin.Fraction | dict[str, plugin.Fraction]
"""One for all labels, or one per label with ``default``."""


class PictureOptions(plugin.PluginOptions, frozen=True, kw_only=True):
    """The options every picture plugin has."""

    threshold: Annotated[
        Thresholds | None,
        Meta(description="lowest score kept, for all or by label with `default`; none: model's"),
    ] = None


class PictureTraits(plugin.Options, frozen=True, kw_only=True):
    """What ``[traits]`` of every picture model may say.

    Attributes:
        fit: how a frame becomes the model's input, see ``Fitting``.
        threshold: lowest score kept where the options have none.
    """

    fit: plugin.PictureFit = "stretch"
    threshold: Thresholds = 0.5


PictureOptionsT = TypeVar("PictureOptionsT", bound=PictureOptions)


class PicturePlugin(plugin.Plugin[PictureOptionsT, plugin.Frame]):
    """Base of plugins whose model takes a picture: they add only their options and ``decode``.

    Attributes:
        fitting: fits frames into the model's input, and coordinates back into the frame.
        threshold: lowest score kept: the options', else the manifest's.
    """

    Options: ClassVar[type[PictureOptions]] = PictureOptions
    Traits: ClassVar[type[PictureTraits]] = PictureTraits
    takes = plugin.Frame

    traits: PictureTraits

    def __init__(
        self, options: PictureOptionsT, model: plugin.Model, labels: tuple[str, ...] = ()
    ) -> None:
        """Keep only findings with a label in *labels*; all if it is empty.

        Raise ``ModelError`` if the model's input is not a picture of 8-bit values.
        """
        super().__init__(options, model)
        self.fitting = Fitting(model, self.traits.fit)
        chosen = options.threshold
        self.threshold = self.traits.threshold if chosen is None else chosen
        self._labels_kept = labels

    def demand(self) -> plugin.Demand:
        """Return the size of frames from which the model's input is made with the least work."""
        size, fit = self.fitting.demand()
        return plugin.Demand(size=size, fit=fit, rate_hz=self.options.rate_hz)

    def prepare(self, sample: plugin.Frame) -> plugin.Tensor:
        """Return the frame as the model's input: uint8 or int8, in colour or grey."""
        return self.fitting.tensor(sample)

    def clean(self) -> tuple[plugin.Use, ...]:
        """Return the filters: labels (if some were chosen) and threshold."""
        threshold = plugin.Use("threshold", {"threshold": self.threshold})
        if self._labels_kept:
            return (plugin.Use("labels", {"labels": self._labels_kept}), threshold)
        return (threshold,)


class Fitting:
    """Fits frames into a model's input: uint8 or int8, [1, height, width, 3], raw bytes.

    ``stretch`` resizes both sides; ``letterbox`` keeps the aspect and pads with black; ``crop``
    keeps it and cuts off both ends. A frame of the right size is used unchanged. An input
    with one channel, or without a channel axis, gets the frame in grey.
    """

    def __init__(self, model: plugin.Model, fit: plugin.PictureFit) -> None:
        """Raise ``ModelError`` if the model's input is not a picture of 8-bit values."""
        spec = model.input
        # NHWC, or NHW for grey.
        self._grey = len(spec.shape) == 3 or spec.shape[3:] == (1,)  # noqa: PLR2004
        colours = len(spec.shape) == 4 and spec.shape[3] == 3  # noqa: PLR2004
        one_picture = spec.shape[:1] == (1,) and (colours or self._grey)
        if not one_picture or spec.dtype not in {"uint8", "int8"}:
            raise plugin.ModelError(
                f"model {model.id!r} takes {spec.dtype} {list(spec.shape)}; a picture plugin needs"
                f" uint8 or int8 [1, height, width, 3 or 1]: {_cure(spec)}"
            )
        self._fit = fit
        self._shape = spec.shape
        self._height, self._width = spec.shape[1:3]
        self._signed = spec.dtype == "int8"

    def demand(self) -> tuple[tuple[int, int], plugin.Fit]:
        """Return the size a frame should have, and how it should be fitted into that."""
        if self._fit == "crop":
            # Letterboxed into twice the size, a frame with an aspect up to 2:1 covers the input.
            return (2 * self._width, 2 * self._height), "letterbox"
        return (self._width, self._height), self._fit

    def tensor(self, frame: plugin.Frame) -> plugin.Tensor:
        """Return *frame* as the model's input."""
        pixels = plugin.fitted(frame.pixels, self._width, self._height, self._fit)
        if self._grey:
            pixels = np.rint(pixels @ LUMA).astype(np.uint8)
        if self._signed:
            pixels = (pixels ^ SIGN_BIT).view(np.int8)
        return pixels.reshape(self._shape)

    def restore(self, points: plugin.Tensor, frame: plugin.Frame) -> list[list[float]]:
        """Return *points*, fractions of the input, as fractions of *frame*, clamped to 0..1.

        See ``plugin.restore``.
        """
        back = plugin.restore(points, frame.pixels, self._width, self._height, self._fit)
        rows: list[list[float]] = back.tolist()
        return rows


def _cure(spec: plugin.TensorSpec) -> str:
    shape = spec.shape
    if len(shape) == 4 and shape[1] in (1, 3) and shape[3] not in (1, 3):  # noqa: PLR2004 NCHW
        return "export it with its channels last (NHWC)"
    if len(shape) in (3, 4):
        return "quantise the model, or use another"
    return "it takes no picture, so use another, or write a plugin for it"
