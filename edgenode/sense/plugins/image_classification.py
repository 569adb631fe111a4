"""Image classification: the best labels for a picture as a whole."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

import numpy as np
from msgspec import Meta

from edgenode import plugin
from edgenode.sense.plugins._pictures import PictureOptions, PicturePlugin, PictureTraits
from edgenode.sense.plugins._scores import MOST, Range


class ClassificationOptions(PictureOptions, frozen=True, kw_only=True):
    """A table under ``[plugins]`` with ``use = "image-classification"``."""

    top_k: Annotated[
        int, Meta(description="labels to report at most, the best ones", ge=1, le=100)
    ] = 3
    labels: Annotated[
        tuple[str, ...], Meta(description="labels to keep of those; none: all the model knows")
    ] = ()


class ClassificationTraits(PictureTraits, frozen=True, kw_only=True):
    """What ``[traits]`` of a manifest with ``task = "image-classification"`` may say.

    Attributes:
        background: labels without a meaning for users; never reported.
    """

    background: tuple[str, ...] = ()


class ImageClassification(PicturePlugin[ClassificationOptions]):
    """Finds the labels of the whole picture."""

    Options = ClassificationOptions
    Traits = ClassificationTraits
    task: ClassVar[str | None] = "image-classification"

    traits: ClassificationTraits

    def __init__(self, options: ClassificationOptions, model: plugin.Model) -> None:
        super().__init__(options, model, options.labels)
        self._output = _scores(model)
        self._range = Range(model, self._output)
        self._labels = model.labels
        background = self.traits.background
        _check_labels(background, model)
        self._background = [place for place, name in enumerate(model.labels) if name in background]

    def decode(
        self, outputs: Sequence[plugin.Tensor], sample: plugin.Frame
    ) -> tuple[plugin.Finding, ...]:
        """Return the best labels with a score above 0, best first; of equals the first label.

        Raise ``ModelError`` for scores that are none.
        """
        del sample  # a label has no place in the frame
        self._range.check(outputs[0])
        scores = np.nan_to_num(self._output.dequantise(outputs[0].ravel())).clip(0.0, 1.0)
        scores[self._background] = 0.0
        best = np.argsort(-scores, kind="stable")[: self.options.top_k].tolist()
        return tuple(
            [
                plugin.Category(self._labels[place], float(scores[place]))
                for place in best
                if scores[place] > 0.0
            ]
        )


def _scores(model: plugin.Model) -> plugin.TensorSpec:
    """Return the output with a score per label; raise ``ModelError`` if there is none."""
    shapes = [list(output.shape) for output in model.outputs]
    labels = len(model.labels)
    if not labels or len(shapes) != 1 or shapes[0] != [*[1] * (len(shapes[0]) - 1), labels]:
        raise plugin.ModelError(
            f"model {model.id!r} has outputs {shapes} and {labels} labels; a classifier has one"
            " [1, labels]: give a label for each score, one for the background too if it has that"
        )
    output = model.outputs[0]
    if output.scale > 0.0:
        highest = float(output.dequantise(np.array(np.iinfo(output.dtype).max)))
        if highest > MOST:
            raise plugin.ModelError(
                f"model {model.id!r} gives up to {highest:.3g}, no scores of 0..1: end it with a"
                " softmax or a sigmoid"
            )
    return output


def _check_labels(background: tuple[str, ...], model: plugin.Model) -> None:
    """Raise ``ModelError`` if the model lacks a label of *background*."""
    for label in background:
        if label not in model.labels:
            raise plugin.ModelError(
                f"model {model.id!r}: [traits] background: no label {label!r}; remove it"
            )
