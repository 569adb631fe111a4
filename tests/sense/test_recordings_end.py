"""When sense has finished: every recording has ended, and been read by whoever can."""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from edgenode import plugin
from edgenode.handover.protocol import Record
from edgenode.sense.plan import PluginPlan, Unusable
from edgenode.sense.sense import Sense
from edgenode.sense.sources.replay import Replay, ReplayOptions
from edgenode.testing import FakeSource, hops
from tests.sense.plans import GONE, Gated, broken, failing, fates, plan_of, reader, source, still

Until = Callable[..., None]


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


class Loudest(plugin.Plugin[plugin.PluginOptions, plugin.Audio]):
    """Measures the loudest sample of each half second."""

    takes = plugin.Audio

    def cut(self) -> plugin.Cut:
        return plugin.Cut(window=8000, hop=8000)

    def prepare(self, sample: plugin.Audio) -> plugin.Tensor:
        return sample.samples

    def decode(
        self, outputs: Sequence[plugin.Tensor], sample: plugin.Audio
    ) -> tuple[plugin.Finding, ...]:
        return (plugin.Measurement("loudest", float(outputs[0].max())),)


def test_the_end_of_a_recording_of_sound_is_heard_with_silence_behind_it(
    sense: Callable[..., Sense], until: Until
) -> None:
    offered: list[Any] = []
    sound = FakeSource(hops(np.repeat(np.array([5, 9], np.int16), (8000, 2000))))

    one = sense([source(sound)], [reader("a", Loudest, report="all")], offered.append)

    until(lambda: one.finished)
    loudest = [record.result.findings[0].value for record in offered]
    assert loudest == [5.0, 9.0, 0.0]


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


def test_a_recording_that_nobody_could_read_is_read_once_somebody_can(
    sense: Callable[..., Sense], until: Until
) -> None:
    offered: list[Record] = []
    front, side = source(still(3)), source(Gated(), "side", ends=False)
    other = reader("b", source="side")
    one = sense([front, side], [reader("a", failing(GONE)), other], offered.append, join_s=0.05)
    until(lambda: fates(one)["a"][0] == "device-error" and one._sources["front"].progress.done)

    one.apply(plan_of(front, side, reader("a"), other))

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

    one.apply(plan_of(front, side, reader("a"), reader("b", source="side", rate_hz=5.0)))

    assert fates(one)["a"] == ("finished", "")
    assert len(offered) == 3


def replay(*paths: Path) -> Replay:
    return Replay(ReplayOptions(path=tuple(map(str, paths)), pace="fast"))


def test_a_recording_that_cannot_be_read_is_its_source_s_fate_and_the_others_go_on(
    sense: Callable[..., Sense], until: Until, tmp_path: Path
) -> None:
    offered: list[Record] = []
    whole, damaged = tmp_path / "whole.png", tmp_path / "damaged.png"
    Image.new("RGB", (8, 8)).save(whole)
    damaged.write_bytes(whole.read_bytes()[:40])

    one = sense(
        [source(replay(damaged)), source(replay(whole), "side")],
        [reader("a"), reader("b", source="side")],
        offered.append,
    )

    until(lambda: one.finished)
    assert [record.plugin for record in offered] == ["b"]
    assert fates(one)["b"] == ("finished", "")
    fate, error = fates(one)["a"]
    assert (fate, "damaged.png': " in error) == ("device-error", True)


def test_one_of_several_recordings_that_cannot_be_read_is_told_and_the_others_are_read(
    sense: Callable[..., Sense], until: Until, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    offered: list[Record] = []
    for name in ("a.png", "b.png", "c.png"):
        Image.new("RGB", (8, 8)).save(tmp_path / name)
    (tmp_path / "b.png").write_bytes(b"no picture")

    one = sense([source(replay(tmp_path))], [reader("a")], offered.append)

    until(lambda: one.finished)
    (error,), _ = one.faults()
    assert error.startswith("source 'front': 1 of 3 recordings could not be read, the first: ")
    assert len(offered) == 2
    (said,) = (each for each in caplog.records if each.levelno == logging.WARNING)
    assert "b.png': cannot identify image file; give a whole picture" in said.getMessage()
    assert one._sources["front"].lost == 1
