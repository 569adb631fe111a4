"""What becomes of a plugin or a source in trouble; the others go on."""

from collections.abc import Callable
from typing import Any

import pytest

from edgenode import plugin
from edgenode.catalogue.manifest import find
from edgenode.handover.protocol import Record
from edgenode.sense.plan import PluginPlan
from edgenode.sense.sense import Sense
from tests.frames import Count
from tests.sense.plans import GONE, Gated, broken, failing, fates, reader, source, still

Until = Callable[..., None]


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


def test_a_driver_that_hangs_for_good_must_end_the_process(
    sense: Callable[..., Sense], until: Until
) -> None:
    hanging = still(0, GONE)
    hanging.wedged = True

    one = sense([source(hanging, ends=False)], [reader("a")])

    until(lambda: one.wedged)
    assert fates(one)["a"] == ("device-error", "camera 0 is gone")
    assert not one.finished
