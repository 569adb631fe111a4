"""Object detection: SSD models that suppress by themselves, and those with YOLOv8's output."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

from msgspec import Meta

from edgenode import plugin
from edgenode.sense.plugins._pictures import Fitting, Report, filters
from edgenode.sense.plugins._thresholds import Thresholds, thresholds
from edgenode.sense.plugins.decoders import decoder

USUAL = 0.5
"""The threshold where neither options nor manifest have one."""


class DetectionOptions(plugin.PluginOptions, frozen=True, kw_only=True):
    """A table under ``[plugins]`` with ``use = "object-detection"``."""

    threshold: Annotated[
        Thresholds | None,
        Meta(description="lowest score kept, for all or by label with `default`; none: model's"),
    ] = None
    labels: Annotated[
        tuple[str, ...], Meta(description="labels to keep; none: all the model knows")
    ] = ()
    nms_iou: Annotated[
        plugin.Fraction,
        Meta(description="overlap of two boxes of a label that is still two things (YOLOv8-style)"),
    ] = 0.5
    report: Report = "presence"


class ObjectDetection(plugin.Plugin[DetectionOptions, plugin.Frame]):
    """Says what is where in the picture."""

    Options = DetectionOptions
    takes = plugin.Frame
    task: ClassVar[str | None] = "object-detection"

    def __init__(self, options: DetectionOptions, model: plugin.Model) -> None:
        super().__init__(options, model)
        self._fitting = Fitting(model)
        self._labels = model.labels
        self._threshold = thresholds(options.threshold, model, USUAL)
        self._decoder = decoder(model, floor=_lowest(self._threshold), nms_iou=options.nms_iou)

    def prepare(self, sample: plugin.Frame, spec: plugin.TensorSpec | None) -> plugin.Tensor:
        """Return the frame as uint8 or int8 [1, height, width, 3]."""
        del spec  # the same one as the model's
        return self._fitting.tensor(sample)

    def decode(
        self, outputs: Sequence[plugin.Tensor], sample: plugin.Frame
    ) -> tuple[plugin.Finding, ...]:
        """Return a detection per box with an area."""
        found = self._decoder.read(outputs)
        edges = self._fitting.restore(found.edges, sample)
        things = zip(found.class_ids, found.scores, edges, strict=True)
        return tuple(
            [
                plugin.Detection(
                    self._label(class_id),
                    min(score, 1.0),
                    plugin.Box(left, top, right, bottom),
                )
                for class_id, score, (top, left, bottom, right) in things
                if score > 0.0 and left < right and top < bottom
            ]
        )

    def filters(self) -> tuple[plugin.Use, ...]:
        """Return labels, threshold and presence, as options and manifest say."""
        return filters(self._threshold, self.options.report, self.options.labels)

    def _label(self, class_id: int) -> str:
        if 0 <= class_id < len(self._labels):
            return self._labels[class_id]
        return f"class-{class_id}"


def _lowest(threshold: float | dict[str, float]) -> float:
    """Return the lowest score any label is reported with; what lies below is never decoded."""
    if not isinstance(threshold, dict):
        return threshold
    return min({"default": USUAL, **threshold}.values())
