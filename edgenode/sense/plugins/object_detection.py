"""Object detection: SSD models that end in TFLite's own post-processing operator."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

from msgspec import Meta

from edgenode import plugin
from edgenode.sense.plugins._pictures import Fitting, Report

# pycoral's rule (pycoral/adapters/detect.py, get_objects): three orders are met in the field, and
# the place of the boxes tells them apart. Values: places of boxes, classes, scores, count.
ORDERS = {
    "boxes-classes-scores-count": (0, 1, 2, 3),
    "scores-boxes-count-classes": (1, 3, 0, 2),
    "count-scores-classes-boxes": (3, 2, 1, 0),
}


class DetectionOptions(plugin.PluginOptions, frozen=True, kw_only=True):
    """A table under ``[plugins]`` with ``use = "object-detection"``."""

    threshold: Annotated[
        plugin.Fraction | dict[str, plugin.Fraction],
        Meta(description="lowest score kept: a number, or one per label with `default`"),
    ] = 0.5
    labels: Annotated[
        tuple[str, ...], Meta(description="labels to keep; none: all the model knows")
    ] = ()
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
        self._order = _order(model)

    def prepare(self, sample: plugin.Frame, spec: plugin.TensorSpec | None) -> plugin.Tensor:
        """Return the frame as uint8 or int8 [1, height, width, 3]."""
        del spec  # the same one as the model's
        return self._fitting.tensor(sample)

    def decode(
        self, outputs: Sequence[plugin.Tensor], sample: plugin.Frame
    ) -> tuple[plugin.Finding, ...]:
        """Return a detection per box with an area; boxes [1, n, 4]: top, left, bottom, right."""
        boxes, classes, scores, count = (outputs[place] for place in self._order)
        # An empty picture may leave anything in the count, NaN too.
        number = int(min(count.flat[0], boxes.shape[1])) if count.flat[0] > 0 else 0
        edges = self._fitting.restore(boxes[0, :number], sample)
        found = zip(classes[0].tolist(), scores[0].tolist(), edges, strict=False)
        return tuple(
            [
                plugin.Detection(
                    self._label(int(class_id)),
                    min(score, 1.0),
                    plugin.Box(left, top, right, bottom),
                )
                for class_id, score, (top, left, bottom, right) in found
                if score > 0.0 and left < right and top < bottom
            ]
        )

    def filters(self) -> tuple[plugin.Use, ...]:
        """Return labels, threshold and presence, as the options say."""
        uses = [plugin.Use("threshold", {"threshold": self.options.threshold})]
        if self.options.labels:
            uses.insert(0, plugin.Use("labels", {"labels": self.options.labels}))
        if self.options.report == "presence":
            uses.append(plugin.Use("presence"))
        return tuple(uses)

    def _label(self, class_id: int) -> str:
        if 0 <= class_id < len(self._labels):
            return self._labels[class_id]
        return f"class-{class_id}"


def _order(model: plugin.Model) -> tuple[int, int, int, int]:
    """Return the places of boxes, classes, scores and count among the outputs."""
    declared = model.traits.get("output_order", "auto")
    if declared in ORDERS:
        return ORDERS[declared]
    shapes = [output.shape for output in model.outputs]
    for order in ORDERS.values():
        boxes = order[0]
        if len(shapes) == len(order) and len(shapes[boxes]) == 3 and shapes[boxes][2] == 4:  # noqa: PLR2004 [1, n, 4]
            return order
    raise plugin.ModelError(
        f"model {model.id!r} has outputs {[list(shape) for shape in shapes]}: not the four of"
        " TFLite_Detection_PostProcess; use a model whose task is object-detection"
    )
