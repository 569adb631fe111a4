"""A plan that changes while it runs: counted is what is opened, loaded and found meanwhile."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from msgspec import structs

from edgenode import plugin
from edgenode.catalogue.manifest import Manifest
from edgenode.plugin import Demand
from edgenode.sense.loading import Loaded
from edgenode.sense.plan import StagePlan
from edgenode.sense.sense import Sense
from tests.sense.counted_node import Live, Node, SpotOptions, Spots, spots
from tests.waiting import LIMIT

Until = Callable[..., None]


@pytest.fixture
def node(running: Callable[..., Sense], until: Until) -> Iterator[Node]:
    one = Node(running, until)
    yield one
    one.may_load.set()
    one.sensor.end()


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
