"""Sense as a whole, on plans made by hand: fakes for sources, tiny plugins, no model."""

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest

from edgenode import plugin
from edgenode.catalogue.manifest import find
from edgenode.config.faults import Fault
from edgenode.handover import Record, ResultRecord
from edgenode.messages import PluginMeta
from edgenode.plugin import Demand
from edgenode.sense.plan import Plan, PluginPlan, SourcePlan, Unusable
from edgenode.sense.sense import Sense
from edgenode.testing import FakeSource, frames

LIMIT = 10.0
GONE = plugin.DeviceError("camera 0 is gone")
Running = Callable[..., Sense]
Until = Callable[..., None]


class Count(plugin.Plugin[plugin.PluginOptions, plugin.Frame]):
    """Says that there was a frame."""

    takes = plugin.Frame

    def prepare(self, sample: plugin.Frame) -> plugin.Tensor:
        return sample.pixels

    def decode(
        self, outputs: Sequence[plugin.Tensor], sample: plugin.Frame
    ) -> tuple[plugin.Finding, ...]:
        return (plugin.Measurement("frames", 1.0),)


class Gated(FakeSource):
    """Gives one frame each time the test opens the gate, and ends after the last."""

    def __init__(self, pictures: int = 1000) -> None:
        super().__init__(frames([np.zeros((2, 2, 3), np.uint8)] * pictures))
        self.gate = threading.Semaphore(0)

    def samples(self) -> Iterator[plugin.Sample]:
        for sample in super().samples():
            assert self.gate.acquire(timeout=2 * LIMIT)
            yield sample


def source(one: plugin.Source[Any], name: str = "front", *, ends: bool = True) -> SourcePlan:
    """Return a plan whose source is *one*, told later what is demanded of it."""

    def made(_: plugin.Options, demand: Demand) -> plugin.Source[Any]:
        one.demand = demand
        return one

    maker: Any = made
    return SourcePlan(name=name, use="fake", cls=maker, yields=plugin.Frame, ends=ends)


def reader(name: str, cls: Any = Count, **options: Any) -> PluginPlan:  # noqa: ANN401
    made = plugin.PluginOptions(**{"source": "front"} | options)
    return PluginPlan(name=name, use="count", cls=cls, options=made)


def broken(name: str) -> Unusable:
    fault = Fault(("plugins", name, "use"), "no plugin 'b'")
    return Unusable(name=name, use="b", source="front", fate="load-error", faults=(fault,))


class Failing(Count):
    """Cannot be made; ``error`` says why."""

    error: Exception

    def __init__(self, *_: object) -> None:
        raise self.error


def failing(error: Exception) -> type[Count]:
    return type("Fails", (Failing,), {"error": error})


def plan_of(
    sources: Sequence[SourcePlan], plugins: Sequence[PluginPlan | Unusable], digest: str = "abc"
) -> Plan:
    return Plan(
        sources={each.name: each for each in sources},
        plugins={each.name: each for each in plugins},
        digest=digest,
    )


@pytest.fixture
def sense(running: Running) -> Callable[..., Sense]:
    """Return a function that starts sense on these sources and plugins."""

    def begin(
        sources: Sequence[SourcePlan],
        plugins: Sequence[PluginPlan | Unusable],
        offer: Callable[[Record], None] = lambda _: None,
        **given: Any,  # noqa: ANN401
    ) -> Sense:
        one = running(offer, **given)
        one.apply(plan_of(sources, plugins))
        return one

    return begin


def still(pictures: int = 1, fault: Exception | None = None) -> FakeSource:
    return FakeSource(frames([np.zeros((2, 2, 3), np.uint8)] * pictures), fault)


def fates(one: Sense) -> dict[str, tuple[str, str]]:
    return {name: (plugin.fate, plugin.error) for name, plugin in one.snapshot().plugins.items()}


def test_a_source_hears_what_its_plugins_demand(sense: Callable[..., Sense], until: Until) -> None:
    front = still()

    one = sense([source(front)], [reader("a", rate_hz=2.0), reader("b", rate_hz=5.0)])

    until(lambda: one.finished)
    assert front.demand == Demand(rate_hz=5.0)
    assert front.opened == 1


def test_it_is_finished_when_every_recording_has_ended(
    sense: Callable[..., Sense], until: Until
) -> None:
    offered: list[Record] = []

    one = sense([source(still(3))], [reader("a"), reader("b")], offered.append)

    until(lambda: one.finished)
    assert len(offered) == 6
    assert fates(one) == {"a": ("finished", ""), "b": ("finished", "")}
    assert one.snapshot().seen_bytes == 3 * 2 * 2 * 3
    assert one.faults() == ([], [])


def test_with_a_sensor_it_is_never_finished_though_no_plugin_runs(
    sense: Callable[..., Sense], until: Until
) -> None:
    sensor = still()

    one = sense([source(sensor, ends=False)], [broken("a"), reader("b", failing(GONE))])

    until(lambda: fates(one)["b"] == ("device-error", "camera 0 is gone"))
    assert not one.finished
    assert sensor.opened == 0


@pytest.mark.parametrize("wrong", [broken("a"), reader("a", failing(GONE))])
def test_a_recording_that_no_plugin_can_read_is_finished_at_once(
    sense: Callable[..., Sense], until: Until, wrong: PluginPlan | Unusable
) -> None:
    front = still()

    one = sense([source(front)], [wrong])

    until(lambda: one.finished)
    sources, plugins = one.faults()
    assert (sources, len(plugins), front.opened) == ([], 1, 0)


@pytest.mark.parametrize(
    ("error", "fate", "message"),
    [
        (plugin.ModelError("takes float32"), "model-error", "takes float32"),
        (plugin.DeviceError("no Edge TPU"), "device-error", "no Edge TPU"),
        (plugin.PluginError("hop_ms: too short"), "config-error", "hop_ms: too short"),
        (ZeroDivisionError("by zero"), "failed", "ZeroDivisionError: by zero"),
    ],
)
def test_a_plugin_that_cannot_be_made_is_a_fate_and_the_others_run(
    sense: Callable[..., Sense], until: Until, error: Exception, fate: str, message: str
) -> None:
    one = sense([source(still())], [reader("bad", failing(error)), reader("good")])

    until(lambda: one.finished)

    assert fates(one) == {"bad": (fate, message), "good": ("finished", "")}


def test_what_the_plan_found_wrong_is_said(
    sense: Callable[..., Sense], caplog: pytest.LogCaptureFixture
) -> None:
    one = sense([source(still())], [broken("a"), reader("good")])

    assert fates(one)["a"] == ("load-error", "plugins.a.use: no plugin 'b'")
    assert "plugin 'a': plugins.a.use: no plugin 'b'" in caplog.messages


def test_a_model_that_is_not_pulled_is_said_with_the_cure(
    sense: Callable[..., Sense],
    until: Until,
    tmp_path: Any,  # noqa: ANN401
) -> None:
    manifest = find("movenet-lightning", [])
    eyes = PluginPlan(
        name="eyes",
        use="count",
        cls=Count,
        options=plugin.PluginOptions(source="front", model="movenet-lightning"),
        manifest=manifest,
        store=str(tmp_path / "store"),
    )

    one = sense([source(still())], [eyes])

    until(lambda: one.finished)
    fate, error = fates(one)["eyes"]
    assert fate == "model-error"
    assert "not pulled; `edgenode models pull movenet-lightning`" in error
    assert one.inventory().models == ()


def test_the_inventory_names_every_plugin_even_one_that_cannot_run(
    sense: Callable[..., Sense],
) -> None:
    one = sense([source(still())], [reader("good"), broken("bad")])

    inventory = one.inventory()

    assert inventory.plugins == (
        PluginMeta(id="good", use="count", source="front"),
        PluginMeta(id="bad", use="b", source="front"),
    )
    assert inventory.cfg_hash == "abc"


def test_a_source_nobody_can_read_is_not_opened(sense: Callable[..., Sense], until: Until) -> None:
    unread, front = still(), still()

    one = sense([source(unread, "unread"), source(front)], [reader("good")])

    until(lambda: one.finished)
    assert (unread.opened, front.opened) == (0, 1)


@pytest.mark.parametrize(
    ("error", "fate", "message"),
    [
        (GONE, "device-error", "camera 0 is gone"),
        (ZeroDivisionError("by zero"), "failed", "ZeroDivisionError: by zero"),
    ],
)
def test_a_source_that_fails_is_its_plugins_fate_and_the_others_go_on(
    sense: Callable[..., Sense], until: Until, error: Exception, fate: str, message: str
) -> None:
    side = Gated()
    offered: list[Record] = []
    plans = [reader("a"), reader("b", source="side")]
    sources = [source(still(0, error)), source(side, "side", ends=False)]

    one = sense(sources, plans, offered.append, back_off_s=(3600.0,))
    until(lambda: fates(one)["a"] == (fate, message))
    side.gate.release(2)
    until(lambda: len(offered) == 2)

    assert fates(one)["b"] == ("running", "")
    assert not one.wedged
    side.gate.release(1000)


def test_a_plugin_in_trouble_says_its_own_and_not_its_source_s(
    sense: Callable[..., Sense], until: Until
) -> None:
    class Odd(Count):
        def decode(self, *_: object) -> tuple[plugin.Finding, ...]:
            raise ValueError("odd")

    one = sense([source(still(1, plugin.RecordingError("cut short")))], [reader("a", Odd)])

    until(lambda: one.finished)
    assert fates(one)["a"] == ("failed", "ValueError: odd")
    assert one.faults() == (["source 'front': cut short"], ["plugin 'a': ValueError: odd"])


def test_a_driver_that_hangs_for_good_must_end_the_process(
    sense: Callable[..., Sense], until: Until
) -> None:
    hanging = still(0, GONE)
    hanging.wedged = True

    one = sense([source(hanging, ends=False)], [reader("a")])

    until(lambda: one.wedged)
    assert fates(one)["a"] == ("device-error", "camera 0 is gone")
    assert not one.finished


def test_whoever_does_not_advance_is_stuck_and_named(
    sense: Callable[..., Sense], until: Until
) -> None:
    may = threading.Event()

    class Hangs(Count):
        def decode(self, *_: object) -> tuple[plugin.Finding, ...]:
            assert may.wait(LIMIT)
            return ()

    one = sense([source(still(9))], [reader("hung", Hangs), reader("a")])
    until(lambda: "decode" in one._plugins["hung"].progress.stage)  # type: ignore[union-attr]
    one.mark()

    until(lambda: one.stuck() == ["plugin 'hung' in decode"])
    again = one.stuck()
    may.set()

    assert again == ["plugin 'hung' in decode"]
    until(lambda: one.stuck() == [])


def test_a_source_that_gives_nothing_is_stuck_until_it_does(
    sense: Callable[..., Sense], until: Until
) -> None:
    front = Gated()
    one = sense([source(front, ends=False)], [reader("a")])
    front.gate.release()
    until(lambda: one.snapshot().seen_bytes > 0)

    one.mark()
    until(lambda: one.stuck() == ["source 'front'"])
    front.gate.release()

    until(lambda: one.stuck() == [])
    front.gate.release(1000)


def test_a_model_that_loads_is_no_standstill(sense: Callable[..., Sense], until: Until) -> None:
    may = threading.Event()

    class Slow(Count):
        def __init__(self, options: plugin.PluginOptions, model: None = None) -> None:
            super().__init__(options, model)
            assert may.wait(LIMIT)

    one = sense([source(still())], [reader("slow", Slow)])
    until(lambda: bool(one._plugins["slow"].progress.stage))  # type: ignore[union-attr]
    one.mark()

    assert fates(one)["slow"] == ("starting", "")
    assert "plugin 'slow'" not in "".join(one.stuck())
    may.set()
    until(lambda: one.finished)


def test_what_has_ended_does_not_hold_up_the_watchdog(
    sense: Callable[..., Sense], until: Until
) -> None:
    one = sense([source(still())], [reader("a")])

    until(lambda: one.finished)
    one.mark()

    assert one.stuck() == []


def test_whoever_waits_is_woken_when_a_standing_changes(
    sense: Callable[..., Sense], until: Until
) -> None:
    front = Gated(1)
    one = sense([source(front)], [reader("a")])
    until(lambda: front.opened == 1)

    one.changed.clear()
    front.gate.release()

    assert one.changed.wait(LIMIT)


def test_a_source_that_blocks_is_left_behind_when_the_others_have_ended(
    sense: Callable[..., Sense], until: Until, caplog: pytest.LogCaptureFixture
) -> None:
    blocked = [Gated() for _ in range(4)]
    sources = [source(each, f"s{place}") for place, each in enumerate(blocked)]
    readers = [reader(f"p{place}", source=f"s{place}") for place in range(4)]
    one = sense(sources, readers, join_s=0.05)
    until(lambda: all(each.opened for each in blocked))

    ended = one.stop()
    for each in blocked:
        each.gate.release()

    assert not ended
    assert [m for m in caplog.messages if m.endswith("left behind")] == [
        f"source 's{place}' does not end; it is left behind" for place in range(4)
    ]
    until(one.stop)


def test_no_plugin_can_change_the_sample_of_another(
    sense: Callable[..., Sense], until: Until
) -> None:
    class Darkens(Count):
        def prepare(self, sample: plugin.Frame) -> plugin.Tensor:
            sample.pixels[:] = 0
            return sample.pixels

    one = sense([source(still())], [reader("a", Darkens), reader("b")])

    until(lambda: one.finished)
    assert fates(one)["a"] == ("failed", "ValueError: assignment destination is read-only")
    assert fates(one)["b"] == ("finished", "")


def test_filters_and_report_of_the_table_apply(sense: Callable[..., Sense], until: Until) -> None:
    offered: list[Record] = []
    asked = reader("a", report="changes")

    one = sense([source(still(5))], [asked], offered.append)

    until(lambda: one.finished)
    (only,) = offered
    assert isinstance(only, ResultRecord)
    assert only.result.plugin == "a"


def test_a_recording_that_nobody_could_read_is_read_once_somebody_can(
    sense: Callable[..., Sense], until: Until
) -> None:
    offered: list[Record] = []
    front, side = source(still(3)), source(Gated(), "side", ends=False)
    other = reader("b", source="side")
    one = sense([front, side], [reader("a", failing(GONE)), other], offered.append, join_s=0.05)
    until(lambda: fates(one)["a"][0] == "device-error" and one._sources["front"].progress.done)

    one.apply(plan_of([front, side], [reader("a"), other]))

    until(lambda: fates(one)["a"] == ("finished", ""))
    assert len(offered) == 3


def test_a_recording_that_has_been_read_is_not_read_again(
    sense: Callable[..., Sense], until: Until
) -> None:
    offered: list[Record] = []
    front, side = source(still(3)), source(Gated(), "side", ends=False)
    plugins = [reader("a"), reader("b", source="side")]
    one = sense([front, side], plugins, offered.append, join_s=0.05)
    until(lambda: fates(one)["a"] == ("finished", ""))

    one.apply(plan_of([front, side], [reader("a"), reader("b", source="side", rate_hz=5.0)]))

    assert fates(one)["a"] == ("finished", "")
    assert len(offered) == 3
