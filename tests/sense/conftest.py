"""Sense by hand: a pump with its lanes, and plans from TOML."""

import threading
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest

from edgenode import plugin
from edgenode.handover import Record, ResultRecord
from edgenode.sense.lanes import Lane, Pump, vitals
from edgenode.sense.pipeline import Identity, Pipeline
from edgenode.testing import frames

LIMIT = 10.0


class Brightness(plugin.Plugin[plugin.PluginOptions, plugin.Frame]):
    """Measures the mean of the pixels; ``faults`` are raised at that brightness."""

    takes = plugin.Frame

    def __init__(self, faults: dict[int, Exception] | None = None) -> None:
        super().__init__(plugin.PluginOptions(source="front"))
        self._faults = faults or {}

    def prepare(self, sample: plugin.Frame, spec: plugin.TensorSpec | None) -> plugin.Tensor:
        return sample.pixels

    def decode(
        self, outputs: Sequence[plugin.Tensor], sample: plugin.Frame
    ) -> tuple[plugin.Finding, ...]:
        value = int(outputs[0].mean())
        if value in self._faults:
            raise self._faults[value]
        return (plugin.Measurement("brightness", value),)


class Slow(Brightness):
    """Says when it has begun, and goes on when it may."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = threading.Event()
        self.may = threading.Event()

    def prepare(self, sample: plugin.Frame, spec: plugin.TensorSpec | None) -> plugin.Tensor:
        self.begun.set()
        assert self.may.wait(LIMIT)
        return super().prepare(sample, spec)


class Bench:
    """A pump and its lanes, and what they say; and what a test puts on them."""

    brightness = Brightness
    slow = Slow

    def __init__(self) -> None:
        self.said: dict[str, list[float]] = {}
        self.fates: list[str] = []
        self.lanes: list[Lane] = []

    def lane(self, of: plugin.Plugin[Any, Any] | None = None, name: str = "light") -> Lane:
        said = self.said[name] = []

        def emit(record: Record) -> None:
            assert isinstance(record, ResultRecord)
            said.extend(f.value for f in record.result.findings)

        pipeline = Pipeline(of or Brightness(), Identity(), None, [])
        self.lanes.append(Lane(name, plugin.Frame, pipeline, emit, lambda: None))
        return self.lanes[-1]

    def pump(self, *sources: plugin.Source[Any]) -> Pump:
        """Return a pump that opens one source after the other; the last is opened again."""
        left = list(sources)
        lane = self.lanes[0] if self.lanes else self.lane()

        def make() -> plugin.Source[Any]:
            return left.pop(0) if len(left) > 1 else left[0]

        def changed() -> None:
            self.fates.append(vitals(lane, self.pumped).fate)

        self.pumped = Pump("front", make, self.lanes, changed)
        return self.pumped

    def shades(self, *values: int) -> list[plugin.Frame]:
        return frames([np.full((2, 2, 3), value, np.uint8) for value in values])

    def start(self) -> None:
        for thread in (*self.lanes, self.pumped):
            thread.start()

    def join(self) -> None:
        assert all(thread.join(LIMIT) for thread in (self.pumped, *self.lanes))

    def run(self) -> None:
        self.start()
        self.join()


@pytest.fixture
def bench() -> Iterator[Bench]:
    one = Bench()
    yield one
    for thread in (*one.lanes, one.pumped):
        thread.stop()
