"""Sense with one sensor, and what is counted: how often it is opened, what is loaded and found."""

import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from edgenode import plugin
from edgenode.catalogue.manifest import Manifest, find
from edgenode.handover.protocol import Record, ResultRecord
from edgenode.messages import ModelMeta
from edgenode.plugin import Demand
from edgenode.sense.loading import Loaded
from edgenode.sense.plan import Plan, PluginPlan, SourcePlan
from edgenode.sense.sense import Sense
from edgenode.testing import STARTED_AT, FakeModel, FakeSource
from tests.frames import Pixels
from tests.waiting import LIMIT

Until = Callable[..., None]
SPEC = plugin.TensorSpec(name="in", shape=(2, 2, 3), dtype="uint8")


class SpotOptions(plugin.PluginOptions, frozen=True, kw_only=True):
    threshold: float = 0.0


class Spots(Pixels):
    """Detects as many spots as reach the threshold; the model's score is 0.5."""

    Options = SpotOptions
    options: SpotOptions
    task = "pose-estimation"

    def decode(
        self, outputs: Sequence[plugin.Tensor], sample: plugin.Frame
    ) -> tuple[plugin.Finding, ...]:
        return (plugin.Detection("spot", float(outputs[0][0]), plugin.Box(0, 0, 1, 1)),)

    def clean(self) -> tuple[plugin.Use, ...]:
        return (plugin.Use("threshold", {"threshold": self.options.threshold}),)

    def demand(self) -> Demand:
        return Demand(size=(2, 2), rate_hz=self.options.rate_hz)


class Live(FakeSource):
    """A sensor that gives a frame when the test asks for one.

    Attributes:
        given: how many it gave.
        demands: with which it was made, in order.
    """

    lossless = False
    ends = False

    def __init__(self) -> None:
        super().__init__([])
        self.given = 0
        self.demands: list[Demand] = []
        self._asked = threading.Semaphore(0)
        self._closed = False

    def made(self, _: plugin.Options, demand: Demand) -> "Live":
        """Stand where the source's class does."""
        self.demands.append(demand)
        return self

    def give(self) -> None:
        self._asked.release()

    def end(self) -> None:
        self._closed = True
        self._asked.release(100)

    def samples(self) -> Iterator[plugin.Sample]:
        while self._asked.acquire(timeout=2 * LIMIT) and not self._closed:
            self.given += 1
            pixels = np.zeros((2, 2, 3), np.uint8)
            yield plugin.Frame(pixels=pixels, captured_at=STARTED_AT + self.given)


class Node:
    """Sense with one sensor, and what is counted.

    Attributes:
        found: at which frames each plugin has found spots.
        loads: how often each model was loaded.
        may_load: cleared, whoever loads a model waits.
    """

    def __init__(self, running: Callable[..., Sense], until: Until) -> None:
        self.sensor = Live()
        self.loads: Counter[str] = Counter()
        self.found: dict[str, list[int]] = defaultdict(list)
        self.may_load = threading.Event()
        self.may_load.set()
        self.sense = running(self._offer, self._load, ready_s=0.05, join_s=0.05)
        self._until = until

    def apply(self, *plugins: PluginPlan, use: str = "live", ends: bool = False) -> None:
        maker: Any = self.sensor.made
        front = SourcePlan(name="front", use=use, cls=maker, yields=plugin.Frame, ends=ends)
        self.sense.apply(Plan(sources={"front": front}, plugins={p.name: p for p in plugins}))

    def see(self, *names: str) -> int:
        """Have a frame taken, wait until these plugins have reported it, and return its number."""
        for name in names:
            self._until(lambda name=name: self.fate(name) == "running")
        number = self.sensor.given + 1
        self.sensor.give()
        for name in names:
            self._until(lambda name=name: number in self.found[name])
        return number

    def fate(self, name: str) -> str:
        return self.sense.snapshot().plugins[name].fate

    def _offer(self, record: Record) -> None:
        assert isinstance(record, ResultRecord)
        at = round(record.result.captured_at - STARTED_AT)
        self.found[record.plugin].extend([at] * bool(record.result.findings))

    def _load(self, manifest: Manifest, *_: object) -> Loaded:
        assert self.may_load.wait(LIMIT)
        self.loads[manifest.id] += 1
        model = FakeModel([[np.array([0.5])]], SPEC)
        meta = ModelMeta(id=manifest.id, sha256="0" * 64, labels=(), input=SPEC.shape)
        interpreter: Any = model
        return Loaded(model.model, interpreter, meta)


def spots(name: str, model: str = "movenet-lightning", **options: Any) -> PluginPlan:  # noqa: ANN401
    return PluginPlan(
        name=name,
        use="spots",
        cls=Spots,
        options=SpotOptions(source="front", model=model, **{"report": "all"} | options),
        manifest=find(model, []),
    )
