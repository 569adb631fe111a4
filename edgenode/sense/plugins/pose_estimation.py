"""Pose estimation: MoveNet, one person, seventeen keypoints."""

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

import numpy as np
from msgspec import Meta

from edgenode import plugin
from edgenode.sense.plugins._pictures import PictureOptions, PicturePlugin, PictureTraits
from edgenode.sense.plugins._scores import LEAST, MOST, Range

OUTPUT = (1, 1, len(plugin.KEYPOINTS), 3)

CURE = "its third column is none; use a single-pose MoveNet"


class PoseOptions(PictureOptions, frozen=True, kw_only=True):
    """A table under ``[plugins]`` with ``use = "pose-estimation"``."""

    threshold: Annotated[
        plugin.Fraction | None,
        Meta(description="lowest score of a pose, the mean of its keypoints; none: model's"),
    ] = None


class PoseTraits(PictureTraits, frozen=True, kw_only=True):
    """What ``[traits]`` of a manifest with ``task = "pose-estimation"`` may say.

    Attributes:
        decoder: the form of the output.
        threshold: lowest score that is kept if the options give none; the default is MoveNet's.
    """

    decoder: Literal["movenet"] = "movenet"
    threshold: plugin.Fraction = 0.3


class PoseEstimation(PicturePlugin[PoseOptions]):
    """Finds the keypoints of one person."""

    Options = PoseOptions
    Traits = PoseTraits
    task: ClassVar[str | None] = "pose-estimation"

    def __init__(self, options: PoseOptions, model: plugin.Model) -> None:
        super().__init__(options, model)
        self._output = model.outputs[0]
        if self._output.shape != OUTPUT:
            raise plugin.ModelError(
                f"model {model.id!r} gives {list(self._output.shape)}, a single-pose MoveNet"
                f" {list(OUTPUT)}: use one of those"
            )
        self._range = Range(model, self._output, CURE)

    def decode(
        self, outputs: Sequence[plugin.Tensor], sample: plugin.Frame
    ) -> tuple[plugin.Finding, ...]:
        """Return one pose from [1, 1, 17, 3]: y, x, score of each keypoint.

        Raise ``ModelError`` for scores that are none.
        """
        given = self._output.dequantise(outputs[0])[0, 0]
        # A list, because for so few numbers it is faster than an array.
        if not all(LEAST <= score <= MOST for score in given[:, 2].tolist()):
            self._range.check(outputs[0][..., 2])
        # fmax and not maximum: fmax(NaN, 0) is 0.
        joints = np.fmax(given, 0.0)
        scores = np.minimum(joints[:, 2], 1.0)
        places = self.fitting.restore(joints[:, :2], sample)
        keypoints = tuple(
            [
                plugin.Keypoint(x, y, score)
                for (y, x), score in zip(places, scores.tolist(), strict=True)
            ]
        )
        return (plugin.Pose(float(scores.mean()), keypoints),)
