"""Frames of one shade, and small plugins that say what they see in them."""

from collections.abc import Sequence

import numpy as np

from edgenode import plugin
from edgenode.testing import frames


def shades(*values: int) -> list[plugin.Frame]:
    """Return frames of two by two pixels, each as bright as its value."""
    return frames([np.full((2, 2, 3), value, np.uint8) for value in values])


class Pixels(plugin.Plugin[plugin.PluginOptions, plugin.Frame]):
    """Takes the pixels as they are, and finds nothing."""

    takes = plugin.Frame

    def prepare(self, sample: plugin.Frame) -> plugin.Tensor | None:
        return sample.pixels

    def decode(
        self, outputs: Sequence[plugin.Tensor], sample: plugin.Frame
    ) -> tuple[plugin.Finding, ...]:
        return ()


class Count(Pixels):
    """Says that there was a frame."""

    def decode(self, *_: object) -> tuple[plugin.Finding, ...]:
        return (plugin.Measurement("frames", 1.0),)


class Brightness(Pixels):
    """Measures the mean of the pixels."""

    def decode(
        self, outputs: Sequence[plugin.Tensor], sample: plugin.Frame
    ) -> tuple[plugin.Finding, ...]:
        return (plugin.Measurement("brightness", float(outputs[0].mean())),)


class Spots(Pixels):
    """Detects a spot in a frame that is not black."""

    def decode(
        self, outputs: Sequence[plugin.Tensor], sample: plugin.Frame
    ) -> tuple[plugin.Finding, ...]:
        there = bool(outputs[0].any())
        return (plugin.Detection("spot", 0.75, plugin.Box(0, 0, 1, 1)),) if there else ()
