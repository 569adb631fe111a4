"""Whole runs, with plugins that make no mistake: each score shows whether the times are right."""

import textwrap
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from edgenode.backend.arrivals import Arrival
from edgenode.catalogue.store import Store
from edgenode.config import Mqtt
from edgenode.demo import scenario
from edgenode.demo.broker import PROTOCOL, Broker
from edgenode.demo.fetch import Fetched
from edgenode.demo.runner import Runner
from edgenode.demo.scenario import PluginCase
from edgenode.demo.totals import Totals

ENTRY_POINTS = """
    [edgenode.plugins]
    square = flawless:Square
    middle = flawless:Middle
    beep = flawless:Beep
"""
CODE = textwrap.dedent(
    """
    from edgenode import plugin

    class Square(plugin.Plugin):
        takes = plugin.Frame

        def prepare(self, sample):
            return sample.pixels.mean(axis=-1) > 127

        def box(self, outputs):
            bright = outputs[0]
            rows, columns = bright.any(1).nonzero()[0], bright.any(0).nonzero()[0]
            if not rows.size:
                return None
            height, width = bright.shape
            return plugin.Box(
                float(columns[0] / width),
                float(rows[0] / height),
                float((columns[-1] + 1) / width),
                float((rows[-1] + 1) / height),
            )

        def decode(self, outputs, sample):
            box = self.box(outputs)
            return (plugin.Detection("square", 1.0, box),) if box else ()

    class Middle(Square):
        def decode(self, outputs, sample):
            box = self.box(outputs)
            if box is None:
                return ()
            x, y = (box.left + box.right) / 2, (box.top + box.bottom) / 2
            return (plugin.Pose(1.0, (plugin.Keypoint(x, y, 1.0),) * 17),)

    class Beep(plugin.Plugin):
        takes = plugin.Audio

        def cut(self):
            return plugin.Cut(1600, 1600)

        def prepare(self, sample):
            return sample.samples

        def decode(self, outputs, sample):
            return (plugin.Keyword("beep", 1.0),) if outputs[0].any() else ()

        def clean(self):
            presence = plugin.Use("presence", {"endings": False})
            return (plugin.Use("refractory", {"seconds": 0.0, "ceases": True}), presence)
    """
)
CASES = (
    PluginCase("objects", "square", "", scenario.CAMERA),
    PluginCase("posture", "middle", "", scenario.CAMERA),
    PluginCase("words", "beep", "", scenario.MICROPHONE),
)
LIMIT_S = 30.0


@pytest.fixture
def make_runner(
    clip: Path,
    tmp_path: Path,
    install: Callable[[str, str, str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Callable[..., Runner]]:
    """Return a function that makes a runner for the clip and the flawless plugins."""
    install("flawless", ENTRY_POINTS, CODE)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site-flawless"))
    with Broker() as broker:
        mqtt = Mqtt(url=broker.url, protocol=PROTOCOL)

        def make(*, loop: bool) -> Runner:
            chosen = replace(scenario.scene(CASES, clip), loop=loop)
            fetched = Fetched(chosen, Store(tmp_path), chosen.files, list(CASES))
            return Runner(fetched, mqtt, tmp_path)

        yield make


def run(runner: Runner, beeps: int | None = None) -> Totals:
    """Run to the end, or until so many beeps were reported."""
    stopping = threading.Event()
    beeped = []

    def count(arrival: Arrival | None, *_: object) -> None:
        if arrival is not None and arrival.kind == "event":
            beeped.append(arrival)
        if len(beeped) == beeps:
            stopping.set()

    return runner.run(count, LIMIT_S, stopping)


def test_of_flawless_plugins_the_score_is_flawless(make_runner: Callable[..., Runner]) -> None:
    runner = make_runner(loop=False)

    result = run(runner)

    assert runner.status == 0
    objects, posture, words = (result.plugins[case.name] for case in CASES)
    assert (objects.precision, objects.recall) == (1.0, 1.0)
    assert (posture.precision, posture.recall) == (1.0, 1.0)
    # On a machine with much else to do, frames are dropped: fewer are compared, none wrongly.
    assert 5 < objects.hits <= 13
    assert 5 < posture.compared <= 15
    assert posture.keypoint_error == pytest.approx(0.0, abs=0.002)
    assert (words.precision, words.recall, words.hits, words.compared) == (1.0, 1.0, 2, 2)


def test_it_stays_flawless_in_later_rounds_and_to_an_end_at_any_time(
    make_runner: Callable[..., Runner],
) -> None:
    runner = make_runner(loop=True)

    result = run(runner, beeps=3)

    assert runner.status is None
    for plugin in result.plugins.values():
        assert (plugin.precision, plugin.recall) == (1.0, 1.0)
    assert result.plugins["words"].hits >= 3
