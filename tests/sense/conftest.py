"""Sense by hand: a source's thread with its plugins', and plans from TOML."""

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from textwrap import dedent
from typing import Any, TypeAlias

import pytest

from edgenode import config, plugin
from edgenode.handover.protocol import Record
from edgenode.sense.assembly import Loader
from edgenode.sense.loading import load
from edgenode.sense.pipeline import Outcome
from edgenode.sense.plan import Plan, PluginPlan, SourcePlan, Unusable
from edgenode.sense.planning import plan
from edgenode.sense.sense import Sense
from edgenode.sense.threads import PluginThread, Shared, SourceThread, Standing, Timing
from tests.frames import Brightness
from tests.sense.plans import plan_of
from tests.waiting import LIMIT

Planned: TypeAlias = Callable[[str], tuple[Plan, list[str]]]


class Faulty(Brightness):
    """Raises ``faults`` at that brightness."""

    def __init__(self, faults: dict[int, Exception] | None = None) -> None:
        super().__init__(plugin.PluginOptions(source="front"))
        self._faults = faults or {}

    def decode(
        self, outputs: Sequence[plugin.Tensor], sample: plugin.Frame
    ) -> tuple[plugin.Finding, ...]:
        brightness = int(outputs[0].mean())
        if brightness in self._faults:
            raise self._faults[brightness]
        return super().decode(outputs, sample)


class Slow(Faulty):
    """Says when it has begun, and goes on when it may."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = threading.Event()
        self.may = threading.Event()

    def prepare(self, sample: plugin.Frame) -> plugin.Tensor | None:
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

    brightness = Faulty
    slow = Slow

    def __init__(self) -> None:
        self.timing = Timing(poll_s=0.01, back_off_s=(0.001,))
        self.offered: dict[str, list[float]] = {}
        self.standings: list[Standing] = []
        self.plugins: list[PluginThread] = []

    def reader(self, of: plugin.Plugin[Any, Any] | None = None, name: str = "light") -> Any:  # noqa: ANN401
        self.offered[name] = []
        made: Any = Made(of or Faulty())
        options = plugin.PluginOptions(source="front", report="all")
        plan = PluginPlan(name=name, use="brightness", cls=made, options=options)
        self.plugins.append(PluginThread(plan, self._shared()))
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
        self.read = SourceThread(plan, self._shared())
        self.read.set_readers(tuple(self.plugins))
        return self.read

    def start(self) -> None:
        for thread in (*self.plugins, self.read):
            thread.start()

    def join(self) -> None:
        assert all(thread.join(LIMIT) for thread in (self.read, *self.plugins))

    def run(self) -> None:
        self.start()
        self.join()

    def _shared(self) -> Shared:
        return Shared(
            publish=self._publish, changed=self._changed, timing=self.timing, load_model=load
        )

    def _publish(self, name: str, outcome: Outcome, _clock: float) -> None:
        values = [f.value for f in outcome.result.findings if isinstance(f, plugin.Measurement)]
        self.offered[name] += values

    def _changed(self) -> None:
        self.read.update_demand()
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
            load_model: Loader = load,
            **timing: Any,  # noqa: ANN401
        ) -> Sense:
            hasty = Timing(**{"poll_s": 0.01, "back_off_s": (0.001,), **timing})
            one = Sense(lambda record, _: offer(record), timing=hasty, load_model=load_model)
            ends.callback(one.stop)
            return one

        yield make


@pytest.fixture
def sense(running: Callable[..., Sense]) -> Callable[..., Sense]:
    """Return a function that starts sense on these sources and plugins."""

    def begin(
        sources: Sequence[SourcePlan],
        plugins: Sequence[PluginPlan | Unusable],
        offer: Callable[[Record], None] = lambda _: None,
        **given: Any,  # noqa: ANN401
    ) -> Sense:
        one = running(offer, **given)
        one.apply(plan_of(*sources, *plugins))
        return one

    return begin


@pytest.fixture
def planned(tmp_path: Path, two_microphones: None) -> Planned:
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
def two_microphones(install: Callable[[str, str, str], None]) -> None:
    """Install sources of sound, and a plugin for them."""
    install("two-microphones", """
        [edgenode.sources]
        fake-mic = two_microphones:FakeMicrophone
        recording = two_microphones:Recording
        refuses = two_microphones:Refuses
        [edgenode.plugins]
        loudness = two_microphones:Loudness
    """, """
        from typing import Annotated
        from edgenode import plugin

        class FakeMicrophone(plugin.Source):
            yields = plugin.Audio
            def open(self): raise AssertionError("planning opens nothing")
            def close(self): ...
            def samples(self): ...

        class RecordingOptions(plugin.Options, frozen=True):
            path: plugin.FilePath

        class Recording(FakeMicrophone):
            Options = RecordingOptions
            @property
            def yields(self):
                return plugin.Audio if self.options.path.endswith(".wav") else plugin.Frame

        class Refuses(FakeMicrophone):
            def __init__(self, options, demand=None): raise plugin.PluginError("not on a Tuesday")

        class Loudness(plugin.Plugin):
            takes = plugin.Audio
            def prepare(self, sample): ...
            def decode(self, outputs, sample): ...
    """)  # fmt: skip
