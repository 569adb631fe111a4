"""Decoders: what a detection model's output tensors mean, told by the manifest or their shapes."""

from collections.abc import Sequence
from typing import Protocol

from edgenode import plugin
from edgenode.sense.plugins.decoders import ssd, yolov8
from edgenode.sense.plugins.decoders.found import Found

AUTO, YOLOV8 = "auto", "yolov8"


class Decoder(Protocol):
    """Reads the output tensors of one model."""

    def read(self, outputs: Sequence[plugin.Tensor]) -> Found:
        """Return what they say, in fractions of the model's input."""


def decoder(model: plugin.Model, *, floor: float, nms_iou: float) -> Decoder:
    """Return what reads the outputs of *model*: as ``output_order`` says, else as they look.

    Scores below *floor* and boxes of one label that overlap by more than *nms_iou* may be left out.
    Raise ``ModelError`` where neither tells.
    """
    declared = str(model.traits.get("output_order", AUTO))
    if declared not in (AUTO, YOLOV8, *ssd.ORDERS):
        known = ", ".join((YOLOV8, *ssd.ORDERS))
        raise plugin.ModelError(
            f"model {model.id!r}: no output_order {declared!r}; there are {known}"
        )
    # The four may not tell their shapes before they are run: where the order is declared, their
    # number must do.
    order = declared if declared in ssd.ORDERS else ssd.order(model)
    if declared == YOLOV8 or (order is None and yolov8.fits(model)):
        return yolov8.Yolov8(model, floor=floor, nms_iou=nms_iou)
    if order is not None and len(model.outputs) == len(ssd.ORDERS[order]):
        return ssd.Ssd(order)
    shapes = [list(output.shape) for output in model.outputs]
    raise plugin.ModelError(
        f"model {model.id!r} has outputs {shapes} and {len(model.labels)} labels: neither the four"
        " of TFLite_Detection_PostProcess nor YOLOv8's one of [1, 4 + labels, cells]; use a model"
        " whose task is object-detection, with the labels it was trained with"
    )
