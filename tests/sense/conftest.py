"""Sense by hand: a source's thread with its plugins', and plans from TOML."""

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from textwrap import dedent
from typing import Any, TypeAlias

import numpy as np
import pytest

from edgenode import config, plugin
from edgenode.handover import Record
from edgenode.sense.assembly import Loads
from edgenode.sense.loading import load
from edgenode.sense.pipeline import Outcome
from edgenode.sense.plan import Plan, PluginPlan, SourcePlan
from edgenode.sense.planning import plan
from edgenode.sense.sense import Sense
from edgenode.sense.threads import PluginThread, SourceThread, Standing, Surroundings, Timing
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


class Made:
    """Stands where a plugin's class does, and makes the one plugin it was given."""

    def __init__(self, one: plugin.Plugin[Any, Any]) -> None:
        self.takes = one.takes
        self._one = one

    def __call__(self, *_: object) -> plugin.Plugin[Any, Any]:
        return self._one


class Bench:
    """A source's thread and its plugins', and what they say; and what a test puts on them."""

    brightness = Brightness
    slow = Slow

    def __init__(self) -> None:
        self.timing = Timing(turn_s=0.01, back_off_s=(0.001,))
        self.said: dict[str, list[float]] = {}
        self.standings: list[Standing] = []
        self.plugins: list[PluginThread] = []

    def reader(self, of: plugin.Plugin[Any, Any] | None = None, name: str = "light") -> Any:  # noqa: ANN401
        self.said[name] = []
        made: Any = Made(of or Brightness())
        options = plugin.PluginOptions(source="front", report="all")
        plan = PluginPlan(name=name, use="brightness", cls=made, options=options)
        self.plugins.append(PluginThread(plan, self._around()))
        return self.plugins[-1]

    def source(self, *sources: plugin.Source[Any], ends: bool = True) -> SourceThread:
        """Return a thread that opens one source after the other; the last is opened again."""
        left = list(sources)
        if not self.plugins:
            self.reader()

        def make(*_: object) -> plugin.Source[Any]:
            return left.pop(0) if len(left) > 1 else left[0]

        maker: Any = make
        plan = SourcePlan(name="front", use="fake", cls=maker, yields=plugin.Frame, ends=ends)
        self.read = SourceThread(plan, self._around())
        self.read.read_for(tuple(self.plugins))
        return self.read

    def shades(self, *values: int) -> list[plugin.Frame]:
        return frames([np.full((2, 2, 3), value, np.uint8) for value in values])

    def start(self) -> None:
        for thread in (*self.plugins, self.read):
            thread.start()

    def join(self) -> None:
        assert all(thread.join(LIMIT) for thread in (self.read, *self.plugins))

    def run(self) -> None:
        self.start()
        self.join()

    def _around(self) -> Surroundings:
        return Surroundings(
            publish=self._publish, changed=self._changed, timing=self.timing, loads=load
        )

    def _publish(self, name: str, outcome: Outcome, _clock: float) -> None:
        values = [f.value for f in outcome.result.findings if isinstance(f, plugin.Measurement)]
        self.said[name] += values

    def _changed(self) -> None:
        self.read.reconsider()
        self.standings.append(self.read.standing)


@pytest.fixture
def bench() -> Iterator[Bench]:
    one = Bench()
    yield one
    for thread in (*one.plugins, one.read):
        thread.stop()


@pytest.fixture
def running() -> Iterator[Callable[..., Sense]]:
    """Return a function that makes sense, with hasty timing, and ends it after the test."""
    with contextlib.ExitStack() as ends:

        def make(
            offer: Callable[[Record], None] = lambda _: None,
            loads: Loads = load,
            **timing: Any,  # noqa: ANN401
        ) -> Sense:
            hasty = Timing(**{"turn_s": 0.01, "back_off_s": (0.001,), **timing})
            one = Sense(lambda record, _: offer(record), timing=hasty, loads=loads)
            ends.callback(one.stop)
            return one

        yield make


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
