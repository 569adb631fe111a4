"""Sense as a whole, on plans made by hand: fakes for sources, tiny plugins, no model."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgenode import plugin
from edgenode.catalogue.store import Store
from edgenode.handover import Record
from edgenode.messages import PluginMeta
from edgenode.plugin import Demand
from edgenode.sense import lanes, service
from edgenode.sense.plan import Plan, PluginPlan, SourcePlan
from edgenode.sense.service import Sense
from edgenode.testing import FakeSource, frames

LIMIT = 10.0


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


def source(one: plugin.Source[Any], name: str = "front") -> SourcePlan:
    """Return a plan whose source is *one*, told later what is demanded of it."""

    def made(_: plugin.Options, demand: Demand) -> plugin.Source[Any]:
        one.demand = demand
        return one

    return SourcePlan(name=name, use="fake", cls=made, yields=plugin.Frame)


def reader(name: str, cls: Any = Count, **options: Any) -> PluginPlan:  # noqa: ANN401
    made = plugin.PluginOptions(**{"source": "front"} | options)
    return PluginPlan(name=name, use="count", source=made.source, cls=cls, options=made)


def failing(error: Exception) -> Callable[..., Any]:
    def make(*_: object) -> Any:  # noqa: ANN401
        raise error

    return make


@pytest.fixture
def sense(tmp_path: Path) -> Iterator[Callable[..., Sense]]:
    """Return a function that starts sense on these sources and plugins."""
    with contextlib.ExitStack() as ends:

        def begin(
            sources: Sequence[SourcePlan],
            plugins: Sequence[PluginPlan],
            emit: Callable[[Record], None] = lambda _: None,
        ) -> Sense:
            plan = Plan(
                sources={each.name: each for each in sources},
                plugins={each.name: each for each in plugins},
                digest="abc",
            )
            one = Sense(plan, Store(tmp_path / "store"), emit)
            ends.callback(one.stop)
            one.start()
            return one

        yield begin


def still(pictures: int = 1) -> FakeSource:
    return FakeSource(frames([np.zeros((2, 2, 3), np.uint8)] * pictures))


def test_a_source_hears_what_its_plugins_demand(sense: Callable[..., Sense]) -> None:
    front = still()

    sense([source(front)], [reader("a", rate_hz=2.0), reader("b", rate_hz=5.0)])

    assert front.demand == Demand(rate_hz=5.0)


def test_it_is_finished_when_every_recording_has_ended(
    sense: Callable[..., Sense], until: Callable[..., None]
) -> None:
    said: list[Record] = []

    one = sense([source(still(3))], [reader("a"), reader("b")], said.append)

    until(lambda: one.finished)
    assert len(said) == 6
    assert {vital.fate for vital in one.vitals().plugins.values()} == {"finished"}
    assert one.vitals(dropped=7).dropped == 7
    assert one.vitals().seen_bytes == 3 * 2 * 2 * 3
    assert not one.crashed


def test_without_a_plugin_that_runs_it_is_never_finished(sense: Callable[..., Sense]) -> None:
    broken = PluginPlan(name="a", use="b", source="front", fate="load-error", fault="no plugin 'b'")

    one = sense([source(still())], [broken])

    assert not one.finished
    assert one.advanced()


@pytest.mark.parametrize(
    ("error", "fate", "says"),
    [
        (plugin.ModelError("takes float32"), "model-error", "takes float32"),
        (plugin.DeviceError("no Edge TPU"), "device-error", "no Edge TPU"),
        (plugin.PluginError("hop_ms: too short"), "config-error", "hop_ms: too short"),
        (ZeroDivisionError("by zero"), "failed", "ZeroDivisionError: by zero"),
    ],
)
def test_a_plugin_that_cannot_be_made_is_a_fate_and_the_others_run(
    sense: Callable[..., Sense],
    until: Callable[..., None],
    error: Exception,
    fate: str,
    says: str,
) -> None:
    one = sense([source(still())], [reader("bad", failing(error)), reader("good")])

    until(lambda: one.finished)

    plugins = one.vitals().plugins
    assert (plugins["bad"].fate, plugins["bad"].error) == (fate, says)
    assert plugins["good"].fate == "finished"


def test_what_the_plan_found_wrong_is_said(
    sense: Callable[..., Sense], caplog: pytest.LogCaptureFixture
) -> None:
    broken = PluginPlan(name="a", use="b", source="front", fate="load-error", fault="no plugin 'b'")

    one = sense([source(still())], [broken, reader("good")])

    vital = one.vitals().plugins["a"]
    assert (vital.fate, vital.error) == ("load-error", "no plugin 'b'")
    assert "plugin 'a': no plugin 'b'" in caplog.messages


def test_a_model_that_is_not_pulled_is_said_with_the_cure(sense: Callable[..., Sense]) -> None:
    asks = reader("eyes", model="movenet-lightning")
    asks = PluginPlan(
        name="eyes", source="front", model="movenet-lightning", cls=Count, options=asks.options
    )

    one = sense([source(still())], [asks])

    vital = one.vitals().plugins["eyes"]
    assert vital.fate == "model-error"
    assert "not pulled; `edgenode models pull movenet-lightning`" in vital.error
    assert one.inventory().models == ()


def test_the_inventory_names_every_plugin_even_one_that_cannot_run(
    sense: Callable[..., Sense],
) -> None:
    one = sense([source(still())], [reader("good"), reader("bad", failing(ValueError("x")))])

    inventory = one.inventory()

    assert inventory.plugins == (
        PluginMeta(id="good", use="count", source="front"),
        PluginMeta(id="bad", use="count", source="front"),
    )
    assert inventory.cfg_hash == "abc"


def test_a_source_nobody_can_read_is_not_opened(
    sense: Callable[..., Sense], until: Callable[..., None]
) -> None:
    unread, front = still(), still()

    one = sense([source(unread, "unread"), source(front)], [reader("good")])

    until(lambda: one.finished)
    assert (unread.opened, front.opened) == (0, 1)


def test_a_strange_exception_of_a_source_is_a_crash_and_no_end(
    sense: Callable[..., Sense], until: Callable[..., None]
) -> None:
    strange = FakeSource([], ZeroDivisionError("by zero"))

    one = sense(
        [source(strange), source(still(), "side")], [reader("a"), reader("b", source="side")]
    )

    until(lambda: one.crashed)
    assert not one.finished


def test_it_advances_only_when_every_thread_has_moved_since_the_last_time(
    sense: Callable[..., Sense], until: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "TURN_S", 0.01)
    front, side = Gated(), Gated()
    one = sense([source(front), source(side, "side")], [reader("a"), reader("b", source="side")])

    front.gate.release()
    side.gate.release()
    until(one.advanced)
    front.gate.release()
    until(lambda: one._pumps["front"].pulse.moved)
    only_one = one.advanced()
    side.gate.release()

    assert not only_one
    until(one.advanced)
    assert not one.advanced()
    for each in (front, side):
        each.gate.release(1000)


def test_what_has_ended_does_not_hold_up_the_watchdog(
    sense: Callable[..., Sense], until: Callable[..., None]
) -> None:
    one = sense([source(still())], [reader("a")])

    until(lambda: one.finished)

    assert one.advanced()
    assert one.advanced()


def test_whoever_waits_is_woken_when_a_fate_changes(
    sense: Callable[..., Sense],
) -> None:
    front = Gated(1)
    one = sense([source(front)], [reader("a")])

    one.changed.clear()
    front.gate.release()

    assert one.changed.wait(LIMIT)


def test_stop_has_one_limit_for_all_sources_that_block(
    sense: Callable[..., Sense], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "JOIN_S", 0.2)
    blocked = [Gated() for _ in range(4)]
    sources = [source(one, f"s{place}") for place, one in enumerate(blocked)]
    one = sense(sources, [reader(f"p{place}", source=f"s{place}") for place in range(4)])

    began = time.monotonic()
    ended = one.stop()
    took_s = time.monotonic() - began
    for each in blocked:
        each.gate.release()

    assert not ended
    assert 0.2 <= took_s < 0.5
    assert one.stop()
