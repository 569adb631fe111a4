"""Shared by picture plugins: frames to the model's input tensor, and coordinates back."""

from typing import Annotated, ClassVar, TypeAlias, TypeVar

import numpy as np
from msgspec import Meta

from edgenode import plugin
from edgenode.sense.plugins._levels import Levels, channels

LUMA = np.array([0.299, 0.587, 0.114], np.float32)
"""Weights of red, green and blue in grey (ITU-R BT.601, as in Pillow)."""

Thresholds: TypeAlias = plugin.Fraction | dict[str, plugin.Fraction]
"""One for all labels, or one per label with ``default``."""

Channels: TypeAlias = Annotated[
    tuple[Annotated[float, Meta(ge=-1e6, le=1e6)], ...], Meta(min_length=1, max_length=3)
]
"""A number for all channels, or one for each: red, green and blue."""


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
        mean, std: the model was trained with (pixel - mean) / std, of pixels from 0 to 255. Only
            where its input is float, or quantised otherwise than pixels are: see ``Levels``.
    """

    fit: plugin.PictureFit = "stretch"
    threshold: Thresholds = 0.5
    mean: Channels | None = None
    std: Channels | None = None


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

        Raise ``ModelError`` if the model's input is no picture, or not as the manifest says.
        """
        super().__init__(options, model)
        levels = Levels(model, self.traits.mean, self.traits.std)
        self.fitting = Fitting(model, self.traits.fit, levels)
        chosen = options.threshold
        self.threshold = self.traits.threshold if chosen is None else chosen
        self._labels_kept = labels

    def demand(self) -> plugin.Demand:
        """Return the size of frames from which the model's input is made with the least work."""
        size, fit = self.fitting.demand()
        return plugin.Demand(size=size, fit=fit, rate_hz=self.options.rate_hz)

    def prepare(self, sample: plugin.Frame) -> plugin.Tensor:
        """Return the frame as the model's input, in colour or grey."""
        return self.fitting.tensor(sample)

    def clean(self) -> tuple[plugin.Use, ...]:
        """Return the filters: labels (if some were chosen) and threshold."""
        threshold = plugin.Use("threshold", {"threshold": self.threshold})
        if self._labels_kept:
            return (plugin.Use("labels", {"labels": self._labels_kept}), threshold)
        return (threshold,)


class Fitting:
    """Fits frames into a model's input, [1, height, width, 3].

    ``stretch`` resizes both sides; ``letterbox`` keeps the aspect and pads with black; ``crop``
    keeps it and cuts off both ends. A frame of the right size is used unchanged. An input
    with one channel, or without a channel axis, gets the frame in grey.
    """

    def __init__(self, model: plugin.Model, fit: plugin.PictureFit, levels: Levels) -> None:
        self._fit = fit
        self._shape = model.input.shape
        self._height, self._width = self._shape[1:3]
        self._grey = channels(model.input) == 1
        self._levels = levels

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
        return self._levels.of(pixels).reshape(self._shape)

    def restore(self, points: plugin.Tensor, frame: plugin.Frame) -> list[list[float]]:
        """Return *points*, fractions of the input, as fractions of *frame*, clamped to 0..1.

        See ``plugin.restore``.
        """
        back = plugin.restore(points, frame.pixels, self._width, self._height, self._fit)
        rows: list[list[float]] = back.tolist()
        return rows
