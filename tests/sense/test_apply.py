"""A plan that changes while it runs: counted is what is opened, loaded and found meanwhile."""

import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from msgspec import structs

from edgenode import plugin
from edgenode.catalogue.manifest import Manifest, find
from edgenode.handover import Record, ResultRecord
from edgenode.messages import ModelMeta
from edgenode.plugin import Demand
from edgenode.sense.loading import Loaded
from edgenode.sense.plan import Plan, PluginPlan, SourcePlan, StagePlan
from edgenode.sense.sense import Sense
from edgenode.testing import STARTED_AT, FakeModel, FakeSource

LIMIT = 10.0
Until = Callable[..., None]
SPEC = plugin.TensorSpec(name="in", shape=(2, 2, 3), dtype="uint8")


class SpotOptions(plugin.PluginOptions, frozen=True, kw_only=True):
    threshold: float = 0.0


class Spots(plugin.Plugin[SpotOptions, plugin.Frame]):
    """Detects as many spots as reach the threshold; the model's score is 0.5."""

    Options = SpotOptions
    takes = plugin.Frame
    task = "pose-estimation"

    def prepare(self, sample: plugin.Frame) -> plugin.Tensor:
        return sample.pixels

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


@pytest.fixture
def node(running: Callable[..., Sense], until: Until) -> Iterator[Node]:
    one = Node(running, until)
    yield one
    one.may_load.set()
    one.sensor.end()


def spots(name: str, model: str = "movenet-lightning", **options: Any) -> PluginPlan:  # noqa: ANN401
    return PluginPlan(
        name=name,
        use="spots",
        cls=Spots,
        options=SpotOptions(source="front", model=model, **{"report": "all"} | options),
        manifest=find(model, []),
    )


def test_one_threshold_changes_and_nothing_else_is_touched(node: Node) -> None:
    node.apply(spots("a"), spots("b", "mobilenet-v2"))
    before = [node.see("a", "b") for _ in range(3)]

    node.apply(spots("a", threshold=0.9), spots("b", "mobilenet-v2"))
    after = [node.see("b") for _ in range(3)]

    assert node.found["b"] == before + after == [1, 2, 3, 4, 5, 6]
    assert node.found["a"][:3] == before
    assert set(node.found["a"][3:]) <= {4}
    assert node.sensor.opened == 1
    assert node.loads == {"movenet-lightning": 1, "mobilenet-v2": 1}


def test_the_new_threshold_is_in_force_from_a_later_sample_on(node: Node, until: Until) -> None:
    node.apply(spots("a", threshold=0.9), spots("b"))
    node.see("b")

    node.apply(spots("a", threshold=0.1), spots("b"))
    until(lambda: node.see("b") in node.found["a"])

    assert node.sensor.opened == 1
    assert node.loads["movenet-lightning"] == 2


def test_the_same_plan_again_changes_nothing(node: Node) -> None:
    node.apply(spots("a"))
    node.see("a")

    node.apply(spots("a"))
    node.see("a")

    assert (node.sensor.opened, node.loads["movenet-lightning"]) == (1, 1)
    assert node.found["a"] == [1, 2]


def test_a_plugin_that_is_gone_finds_nothing_more_and_the_others_go_on(node: Node) -> None:
    node.apply(spots("a"), spots("b"))
    node.see("a", "b")

    node.apply(spots("b"))
    node.see("b")

    assert node.found == {"a": [1], "b": [1, 2]}
    assert list(node.sense.snapshot().plugins) == ["b"]
    assert node.sensor.opened == 1


def test_a_plugin_that_is_new_joins_while_the_others_go_on(node: Node) -> None:
    node.apply(spots("a"))
    node.see("a")
    node.may_load.clear()

    node.apply(spots("a"), spots("b"))
    meanwhile = node.see("a")
    loading = node.fate("b")
    node.may_load.set()
    joined = node.see("a", "b")

    assert loading == "starting"
    assert node.found == {"a": [1, meanwhile, joined], "b": [joined]}
    assert node.sensor.opened == 1


def test_a_slow_model_holds_up_nobody(node: Node, until: Until) -> None:
    load = node.sense._shared.load_model
    may = threading.Event()

    def one_is_slow(manifest: Manifest, *rest: Any) -> Loaded:  # noqa: ANN401
        assert manifest.id != "mobilenet-v2" or may.wait(LIMIT)
        return load(manifest, *rest)

    node.sense._shared = replace(node.sense._shared, load_model=one_is_slow)
    node.apply(spots("quick"), spots("slow", "mobilenet-v2"))
    first = node.see("quick")
    fate, models = node.fate("slow"), len(node.sense.inventory().models)
    may.set()
    until(lambda: node.fate("slow") == "running")

    assert (fate, models) == ("starting", 1)
    assert first in node.found["quick"]
    assert len(node.sense.inventory().models) == 2


def test_another_demand_opens_the_source_anew_once(node: Node, until: Until) -> None:
    node.apply(spots("a", rate_hz=1.0))
    node.see("a")

    node.apply(spots("a", rate_hz=5.0))
    until(lambda: node.sensor.give() or node.sensor.opened == 2)

    assert node.sensor.demands == [Demand(size=(2, 2), rate_hz=1), Demand(size=(2, 2), rate_hz=5)]
    assert node.loads["movenet-lightning"] == 1
    assert node.fate("a") == "running"


def test_another_table_opens_the_source_anew_and_keeps_the_models(node: Node, until: Until) -> None:
    node.apply(spots("a"))
    node.see("a")
    first, node.sensor = node.sensor, Live()

    node.apply(spots("a"), use="another")
    first.end()
    node.see("a")

    until(lambda: first.closed == 1)
    assert node.sensor.opened == 1
    assert node.loads["movenet-lightning"] == 1


def test_another_model_is_loaded_by_its_plugin_alone(node: Node, until: Until) -> None:
    node.apply(spots("a"), spots("b"))
    node.see("a", "b")

    node.apply(spots("a", "mobilenet-v2"), spots("b"))
    until(lambda: node.loads["mobilenet-v2"] == 1)
    node.see("a", "b")

    assert node.loads == {"movenet-lightning": 2, "mobilenet-v2": 1}
    assert node.sensor.opened == 1


def test_a_filter_of_the_table_may_change(node: Node, until: Until) -> None:
    node.apply(spots("a"), spots("b"))
    node.see("a", "b")
    nothing = StagePlan(name="drop", options=plugin.Options(), factory=lambda _: lambda _: None)

    node.apply(replace(spots("a"), filters=(nothing,)), spots("b"))
    until(lambda: node.see("b") not in node.found["a"])

    assert node.loads["movenet-lightning"] == 2


def test_what_has_ended_in_an_error_is_tried_again(node: Node, until: Until) -> None:
    fails = [plugin.ModelError("not pulled")]
    load = node.sense._shared.load_model

    def once(*given: Any) -> Loaded:  # noqa: ANN401
        if fails:
            raise fails.pop()
        return load(*given)

    node.sense._shared = replace(node.sense._shared, load_model=once)
    node.apply(spots("a"))
    until(lambda: node.fate("a") == "model-error")

    node.apply(spots("a"))

    node.see("a")
    assert node.fate("a") == "running"


def test_a_plan_that_comes_while_the_one_before_fails_is_run(node: Node, until: Until) -> None:
    load = node.sense._shared.load_model
    begun = threading.Event()

    def one_is_missing(manifest: Manifest, *rest: Any) -> Loaded:  # noqa: ANN401
        if manifest.id == "mobilenet-v2":
            return load(manifest, *rest)
        begun.set()
        assert node.may_load.wait(LIMIT)
        raise plugin.ModelError("not pulled")

    node.may_load.clear()
    node.sense._shared = replace(node.sense._shared, load_model=one_is_missing)
    node.apply(spots("a"))
    assert begun.wait(LIMIT)

    node.apply(spots("a", "mobilenet-v2"))
    node.may_load.set()

    node.see("a")
    assert node.fate("a") == "running"


def test_options_that_do_not_fit_end_the_plugin_and_good_ones_bring_it_back(
    node: Node, until: Until
) -> None:
    class Picky(Spots):
        def __init__(self, options: SpotOptions, model: plugin.Model | None = None) -> None:
            super().__init__(options, model)
            if options.threshold > 0.8:
                raise plugin.PluginError("threshold: too high")

    good = replace(spots("a"), cls=Picky)
    node.apply(good)
    node.see("a")

    high = structs.replace(good.options, threshold=0.9)  # type: ignore[arg-type]
    node.apply(replace(good, options=high))
    until(lambda: node.fate("a") == "config-error")
    node.apply(good)

    node.see("a")
    assert node.sensor.opened == 1
