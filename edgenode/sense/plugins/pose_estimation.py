"""Pose estimation: MoveNet, one person, seventeen keypoints."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

import numpy as np
from msgspec import Meta

from edgenode import plugin
from edgenode.sense.plugins._pictures import Fitting, Report, filters
from edgenode.sense.plugins._thresholds import threshold

OUTPUT = (1, 1, len(plugin.KEYPOINTS), 3)

USUAL = 0.3
"""The threshold where neither options nor manifest have one: MoveNet's."""


class PoseOptions(plugin.PluginOptions, frozen=True, kw_only=True):
    """A table under ``[plugins]`` with ``use = "pose-estimation"``."""

    threshold: Annotated[
        plugin.Fraction | None,
        Meta(description="lowest score of a pose, the mean of its keypoints; none: model's"),
    ] = None
    report: Report = "presence"


class PoseEstimation(plugin.Plugin[PoseOptions, plugin.Frame]):
    """Says how the person in the picture stands."""

    Options = PoseOptions
    takes = plugin.Frame
    task: ClassVar[str | None] = "pose-estimation"

    def __init__(self, options: PoseOptions, model: plugin.Model) -> None:
        super().__init__(options, model)
        self._fitting = Fitting(model)
        self._threshold = threshold(options.threshold, model, USUAL)
        self._output = model.outputs[0]
        if self._output.shape != OUTPUT:
            raise plugin.ModelError(
                f"model {model.id!r} gives {list(self._output.shape)}, a single-pose MoveNet"
                f" {list(OUTPUT)}: use one of those"
            )

    def prepare(self, sample: plugin.Frame, spec: plugin.TensorSpec | None) -> plugin.Tensor:
        """Return the frame as uint8 or int8 [1, height, width, 3]."""
        del spec  # the same one as the model's
        return self._fitting.tensor(sample)

    def decode(
        self, outputs: Sequence[plugin.Tensor], sample: plugin.Frame
    ) -> tuple[plugin.Finding, ...]:
        """Return one pose from [1, 1, 17, 3]: y, x, score of each keypoint."""
        # Of NaN and 0 fmax takes 0.
        joints = np.fmax(self._output.dequantise(outputs[0])[0, 0], 0.0)
        scores = np.minimum(joints[:, 2], 1.0)
        places = self._fitting.restore(joints[:, :2], sample)
        keypoints = tuple(
            [
                plugin.Keypoint(x, y, score)
                for (y, x), score in zip(places, scores.tolist(), strict=True)
            ]
        )
        return (plugin.Pose(float(scores.mean()), keypoints),)

    def filters(self) -> tuple[plugin.Use, ...]:
        """Return threshold and presence, as options and manifest say."""
        return filters(self._threshold, self.options.report)
