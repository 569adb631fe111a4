"""Object detection: SSD models, and those with the outputs of YOLOv8 and its successors."""

import logging
from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal, TypeAlias

from msgspec import Meta

from edgenode import plugin
from edgenode.sense.plugins._pictures import PictureOptions, PicturePlugin, PictureTraits
from edgenode.sense.plugins.detection import Decoder, end_to_end, split, ssd, yolov8

log = logging.getLogger(__name__)

OutputOrder: TypeAlias = Literal[
    "auto",
    "yolov8",
    "end-to-end",
    "split",
    "boxes-classes-scores-count",
    "scores-boxes-count-classes",
    "count-scores-classes-boxes",
    "boxes-scores-classes-count",
    "classes-boxes-count-scores",
    "count-classes-scores-boxes",
]


class DetectionOptions(PictureOptions, frozen=True, kw_only=True):
    """A table under ``[plugins]`` with ``use = "object-detection"``."""

    labels: Annotated[
        tuple[str, ...], Meta(description="labels to keep; none: all the model knows")
    ] = ()
    nms_iou: Annotated[
        plugin.Fraction,
        Meta(description="overlap of two boxes of a label that is still two things (YOLOv8-style)"),
    ] = 0.5


class DetectionTraits(PictureTraits, frozen=True, kw_only=True):
    """What ``[traits]`` of a manifest with ``task = "object-detection"`` may say.

    Attributes:
        output_order: the order of the outputs; ``auto``: their shapes decide.
    """

    output_order: OutputOrder = "auto"


class ObjectDetection(PicturePlugin[DetectionOptions]):
    """Finds things in the picture, each with its label and box."""

    Options = DetectionOptions
    Traits = DetectionTraits
    task: ClassVar[str | None] = "object-detection"

    traits: DetectionTraits

    def __init__(self, options: DetectionOptions, model: plugin.Model) -> None:
        super().__init__(options, model, options.labels)
        floor = _lowest(self.threshold)
        self._decoder = _decoder(model, self.traits.output_order, floor, options.nms_iou)
        is_ssd = isinstance(self._decoder, ssd.Ssd)
        self._labels = ssd.labels(model) if is_ssd else model.labels
        self._told = False

    def decode(
        self, outputs: Sequence[plugin.Tensor], sample: plugin.Frame
    ) -> tuple[plugin.Finding, ...]:
        """Return a detection for each box that has an area and a score above 0.

        Raise ``ModelError`` if the outputs cannot be what their layout says.
        """
        found = self._decoder.read(outputs)
        edges = self.fitting.restore(found.edges, sample)
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

    def _label(self, class_id: int) -> str:
        if 0 <= class_id < len(self._labels):
            return self._labels[class_id]
        if not self._told:
            self._told = True
            log.warning(
                "model %r finds class %d, its labels end at %d: complete them, for where one is"
                " missing all after it may be wrong",
                self.model.id if self.model else "",
                class_id,
                len(self._labels) - 1,
            )
        return f"class-{class_id}"


def _lowest(threshold: float | dict[str, float]) -> float:
    """Return the lowest threshold of all labels. Boxes with a lower score are not even decoded."""
    if not isinstance(threshold, dict):
        return threshold
    return min({"default": 0.5, **threshold}.values())


def _decoder(model: plugin.Model, declared: OutputOrder, floor: float, nms_iou: float) -> Decoder:
    """Return the decoder for *model*: the *declared* one, or for ``auto`` the one that fits.

    It may leave out scores below *floor*, and boxes of one label that overlap by more than
    *nms_iou*. Raise ``ModelError`` if none fits.
    """
    # The four outputs of an SSD may have no shape before the first inference: then the order must
    # be declared.
    layout = _layout(model) if declared == "auto" else declared
    match layout:
        case "yolov8":
            return yolov8.Yolov8(model, floor=floor, nms_iou=nms_iou)
        case "end-to-end":
            return end_to_end.EndToEnd(model, floor=floor)
        case "split":
            return split.Split(model, floor=floor, nms_iou=nms_iou)
    return ssd.Ssd(model, layout)


def _layout(model: plugin.Model) -> str:
    """Return the layout that the shapes of the outputs show; raise ``ModelError`` if none does."""
    if order := ssd.order(model):
        return order
    if not yolov8.fault(model):
        return "yolov8"
    if end_to_end.shows(model):
        return "end-to-end"
    if not split.fault(model):
        return "split"
    shapes = [output.shape for output in model.outputs]
    if len(shapes) == 1 and len(shapes[0]) == 3:  # noqa: PLR2004 [1, rows, cells]
        raise plugin.ModelError(f"model {model.id!r} {yolov8.fault(model)}")
    raise plugin.ModelError(
        f"model {model.id!r} has outputs {list(map(list, shapes))} and {len(model.labels)} labels:"
        " neither the four of TFLite_Detection_PostProcess, nor YOLOv8's [1, 4 + labels, cells],"
        " nor [1, n, 6] of an end-to-end detector, nor [1, cells, 64] and [1, cells, labels];"
        " use a model whose task is object-detection, with the labels it was trained with, or set"
        " [traits] output_order"
    )
