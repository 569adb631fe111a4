"""A plugin without a model: how bright the frame is, and where it is brightest."""

from collections.abc import Sequence
from typing import Annotated

import numpy as np
from msgspec import Meta

from edgenode import plugin


class BrightnessOptions(plugin.PluginOptions, frozen=True, kw_only=True):
    """A table under ``[plugins]`` with ``use = "brightness"``."""

    threshold: Annotated[
        float, Meta(description="brightness from which a pixel is bright", ge=0.0, le=1.0)
    ] = 0.5
    label: Annotated[str, Meta(description="what to call the bright part", min_length=1)] = "bright"


class Brightness(plugin.Plugin[BrightnessOptions, plugin.Frame]):
    """Measures the mean brightness of a frame, and detects its bright part."""

    Options = BrightnessOptions
    takes = plugin.Frame

    def prepare(self, sample: plugin.Frame) -> plugin.Tensor:
        """Return the grey picture, float32 [height, width] from 0 to 1; there is no model."""
        grey: plugin.Tensor = sample.pixels.mean(axis=-1, dtype=np.float32) / 255.0
        return grey

    def decode(
        self, outputs: Sequence[plugin.Tensor], sample: plugin.Frame
    ) -> tuple[plugin.Finding, ...]:
        """Return the mean, and a box around all bright pixels if there are any."""
        (grey,) = outputs
        mean = plugin.Measurement("brightness", round(float(grey.mean()), 4))
        rows, columns = np.nonzero(grey >= self.options.threshold)
        if not rows.size:
            return (mean,)
        height, width = grey.shape
        box = plugin.Box(
            float(columns.min() / width),
            float(rows.min() / height),
            float((columns.max() + 1) / width),
            float((rows.max() + 1) / height),
        )
        score = float(grey[rows, columns].mean())
        return (mean, plugin.Detection(self.options.label, min(score, 1.0), box))
