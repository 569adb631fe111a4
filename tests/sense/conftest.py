"""Sense by hand: a pump with its lanes, and plans from TOML."""

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from textwrap import dedent
from typing import Any, TypeAlias

import numpy as np
import pytest

from edgenode import config, plugin
from edgenode.handover import Record, ResultRecord
from edgenode.sense.lanes import Lane, Pump, vitals
from edgenode.sense.pipeline import Identity, Pipeline
from edgenode.sense.plan import Plan, plan
from edgenode.testing import frames

LIMIT = 10.0
Planned: TypeAlias = Callable[[str], tuple[Plan, list[str]]]


class Brightness(plugin.Plugin[plugin.PluginOptions, plugin.Frame]):
    """Measures the mean of the pixels; ``faults`` are raised at that brightness."""

    takes = plugin.Frame

    def __init__(self, faults: dict[int, Exception] | None = None) -> None:
        super().__init__(plugin.PluginOptions(source="front"))
        self._faults = faults or {}

    def prepare(self, sample: plugin.Frame) -> plugin.Tensor:
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

    def prepare(self, sample: plugin.Frame) -> plugin.Tensor:
        self.begun.set()
        assert self.may.wait(LIMIT)
        return super().prepare(sample)


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


@pytest.fixture
def planned(tmp_path: Path, two_ears: None) -> Planned:
    """Return a function from TOML to the plan, and its faults without the file's name."""

    def read(toml: str) -> tuple[Plan, list[str]]:
        file = tmp_path / "edgenode.toml"
        file.write_text(dedent(toml))
        found = config.read(file)
        made = plan(found)
        lines = [found.line(fault).removeprefix(f"{file}: ") for fault in made.faults()]
        return made, lines

    return read


@pytest.fixture
def two_ears(install: Callable[[str, str, str], None]) -> None:
    """Install sources of sound, and a plugin that listens."""
    install("two-ears", """
        [edgenode.sources]
        ear = two_ears:Ear
        recording = two_ears:Recording
        refuses = two_ears:Refuses
        [edgenode.plugins]
        loudness = two_ears:Loudness
    """, """
        from typing import Annotated
        from edgenode import plugin

        class Ear(plugin.Source):
            yields = plugin.Audio
            def open(self): raise AssertionError("planning opens nothing")
            def close(self): ...
            def samples(self): ...

        class RecordingOptions(plugin.Options, frozen=True):
            path: plugin.FilePath

        class Recording(Ear):
            Options = RecordingOptions
            @property
            def yields(self):
                return plugin.Audio if self.options.path.endswith(".wav") else plugin.Frame

        class Refuses(Ear):
            def __init__(self, options, demand=None): raise plugin.PluginError("not on a Tuesday")

        class Loudness(plugin.Plugin):
            takes = plugin.Audio
            def prepare(self, sample): ...
            def decode(self, outputs, sample): ...
    """)  # fmt: skip
