"""The plugins that are measured, one per model, and the samples each is given."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from bed import DETECTOR, POSE, SPEECH, VIDEO, WORDS, Bed

from edgenode import plugin
from edgenode.sense.plugins.keyword_spotting import KeywordOptions, KeywordSpotting
from edgenode.sense.plugins.object_detection import DetectionOptions, ObjectDetection
from edgenode.sense.plugins.pose_estimation import PoseEstimation, PoseOptions
from edgenode.sense.sources.replay import Replay, ReplayOptions
from edgenode.testing import frames, hops

PICTURES = 20

SMALL = "mobilenet-v1-025-128"


class Classes(plugin.Plugin[plugin.PluginOptions, plugin.Frame]):
    """Classifies the whole picture: with a model much faster than detection and pose."""

    takes = plugin.Frame
    task = "image-classification"

    def __init__(self, options: plugin.PluginOptions, model: plugin.Model) -> None:
        super().__init__(options, model)
        self._labels = model.labels

    def prepare(self, sample: plugin.Frame) -> plugin.Tensor:
        """Return the frame, which has the right size."""
        return sample.pixels[np.newaxis]

    def decode(
        self, outputs: Sequence[plugin.Tensor], _sample: plugin.Frame
    ) -> tuple[plugin.Category, ...]:
        """Return the best class."""
        best = int(outputs[0][0].argmax())
        return (plugin.Category(self._labels[best], float(outputs[0][0][best]) / 255),)


AnyPlugin: TypeAlias = ObjectDetection | PoseEstimation | KeywordSpotting | Classes

# Every result is reported: the most a plugin can have to do.
PLUGINS: dict[str, Callable[[plugin.Model], AnyPlugin]] = {
    DETECTOR: lambda model: ObjectDetection(DetectionOptions(source="", report="all"), model),
    POSE: lambda model: PoseEstimation(PoseOptions(source="", report="all", threshold=0), model),
    SMALL: lambda model: Classes(plugin.PluginOptions(source="", report="all"), model),
    WORDS: lambda model: KeywordSpotting(KeywordOptions(source="", report="all"), model),
}


def samples(model: str, count: int, bed: Bed) -> Sequence[plugin.Sample]:
    """Return frames of the size *model* takes, or hops as a recording yields them."""
    if model == WORDS:
        heard = itertools.cycle(_read(bed.media(SPEECH), plugin.Demand()))
        sound = [hop.samples for hop in itertools.islice(heard, count)]
        return hops(np.concatenate(sound), len(sound[0]))
    height, width = bed.load(model).model.input.shape[1:3]
    demand = plugin.Demand(size=(width, height), rate_hz=1.0)
    seen = itertools.cycle(itertools.islice(_read(bed.media(VIDEO), demand), PICTURES))
    return frames([frame.pixels for frame in itertools.islice(seen, count)])


def _read(path: Path, demand: plugin.Demand) -> Iterator[Any]:
    with Replay(ReplayOptions(path=str(path), pace="fast"), demand) as replay:
        yield from replay.samples()
