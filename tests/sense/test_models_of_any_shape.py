"""Models that take no picture, in plugins of frames: one works, the other has a fault with a cure.

The files are one RELU each, uint8, as the shape in their names says.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgenode import plugin
from edgenode.handover.protocol import Record
from edgenode.sense.plan import PluginPlan
from edgenode.sense.plugins.object_detection import ObjectDetection
from edgenode.sense.sense import Sense
from edgenode.testing import FakeSource, frames
from tests.sense.manifests import own_model
from tests.sense.plans import plan_of, source

FILES = Path(__file__).parent / "models"


class Largest(plugin.Plugin[plugin.PluginOptions, plugin.Frame]):
    """Puts the frame's brightness everywhere into the model, and says its largest output."""

    takes = plugin.Frame
    task = "largest"

    def prepare(self, sample: plugin.Frame) -> plugin.Tensor:
        assert self.model is not None
        return np.full(self.model.input.shape, int(sample.pixels.mean()), np.uint8)

    def decode(
        self, outputs: Sequence[plugin.Tensor], sample: plugin.Frame
    ) -> tuple[plugin.Finding, ...]:
        return (plugin.Measurement("largest", float(outputs[0].max())),)


@pytest.fixture
def run(tmp_path: Path, until: Callable[..., None]) -> Callable[..., tuple[Sense, FakeSource]]:
    """Return a function that runs a plugin with a model of that shape on one frame, to its end."""

    def run(
        cls: type[plugin.Plugin[Any, Any]], shape: Sequence[int], emit: Callable[[Record], None]
    ) -> tuple[Sense, FakeSource]:
        content = (FILES / f"relu-{'x'.join(map(str, shape))}.tflite").read_bytes()
        manifest = own_model(tmp_path, content, task=cls.task, shape=list(shape))
        front = FakeSource(frames([np.full((4, 4, 3), 9, np.uint8)]))
        options = cls.Options(source="front", model="own-model", rate_hz=2.0)
        asked = PluginPlan(name="own", use="own", cls=cls, options=options, manifest=manifest)
        sense = Sense(lambda record, _: emit(record))
        sense.apply(plan_of(source(front), asked))
        until(lambda: sense.snapshot().plugins["own"].fate not in {"starting", "running"})
        sense.stop()
        return sense, front

    return run


@pytest.mark.parametrize("shape", [(1, 1024), (1, 3, 224, 224)])
def test_a_plugin_of_ones_own_runs_whatever_its_model_eats(
    run: Callable[..., tuple[Sense, FakeSource]], shape: tuple[int, ...]
) -> None:
    said: list[Record] = []

    sense, front = run(Largest, shape, said.append)

    one = sense.snapshot().plugins["own"]
    assert (one.fate, one.error) == ("finished", "")
    assert front.demand == plugin.Demand(rate_hz=2.0)
    assert len(said) == 1


@pytest.mark.parametrize(
    ("shape", "cure"),
    [
        ((1, 1024), "it takes no picture, so use another, or write a plugin for it"),
        ((1, 3, 224, 224), "export it with its channels last (NHWC)"),
    ],
)
def test_a_picture_plugin_says_why_it_cannot_and_the_cure(
    run: Callable[..., tuple[Sense, FakeSource]], shape: tuple[int, ...], cure: str
) -> None:
    sense, _ = run(ObjectDetection, shape, lambda _: None)

    one = sense.snapshot().plugins["own"]
    assert one.fate == "model-error"
    assert one.error.startswith(f"model 'own-model' takes uint8 {list(shape)}; a picture plugin")
    assert one.error.endswith(cure)
