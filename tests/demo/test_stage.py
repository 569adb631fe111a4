"""Whole plays, with plugins that make no mistake: each score shows whether the times are right."""

import textwrap
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from edgenode.backend.subscriber import Arrival
from edgenode.catalogue.store import Store
from edgenode.config import Mqtt
from edgenode.demo import judge, play
from edgenode.demo.broker import PROTOCOL, Broker
from edgenode.demo.play import Part
from edgenode.demo.score.objects import Objects
from edgenode.demo.score.poses import Poses
from edgenode.demo.score.words import Words
from edgenode.demo.stage import Stage
from edgenode.demo.supplies import Supplies
from edgenode.demo.tally import Sums

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
PARTS = (
    Part("objects", "square", "", play.CAMERA),
    Part("posture", "middle", "", play.CAMERA),
    Part("words", "beep", "", play.MICROPHONE),
)
LIMIT_S = 30.0
SCORERS = {"square": Objects, "middle": Poses, "beep": Words}


@pytest.fixture
def stage(
    clip: Path,
    tmp_path: Path,
    install: Callable[[str, str, str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Callable[..., Stage]]:
    """Return a function that sets the stage for the clip and the flawless plugins."""
    install("flawless", ENTRY_POINTS, CODE)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site-flawless"))
    for use, scorer in SCORERS.items():
        monkeypatch.setitem(judge.SCORERS, use, scorer)
    with Broker() as broker:
        mqtt = Mqtt(url=broker.url, protocol=PROTOCOL)

        def make(*, loop: bool) -> Stage:
            chosen = replace(play.scene(PARTS, clip), loop=loop)
            supplies = Supplies(chosen, Store(tmp_path), chosen.files, list(PARTS))
            return Stage(supplies, mqtt, tmp_path)

        yield make


def run(stage: Stage, beeps: int | None = None) -> Sums:
    """Play to the end, or until so many beeps were reported."""
    stopping = threading.Event()
    beeped = []

    def hear(arrival: Arrival | None, *_: object) -> None:
        if arrival is not None and arrival.kind == "event":
            beeped.append(arrival)
        if len(beeped) == beeps:
            stopping.set()

    return stage.play(hear, LIMIT_S, stopping)


def test_of_flawless_plugins_the_score_is_flawless(stage: Callable[..., Stage]) -> None:
    tested = stage(loop=False)

    result = run(tested)

    assert tested.status == 0
    objects, posture, words = (result.plugins[part.name] for part in PARTS)
    assert (objects.precision, objects.recall) == (1.0, 1.0)
    assert (posture.precision, posture.recall) == (1.0, 1.0)
    # On a machine with much else to do, frames are dropped: fewer are compared, none wrongly.
    assert 5 < objects.hits <= 13
    assert 5 < posture.compared <= 15
    assert posture.keypoint_error == pytest.approx(0.0, abs=0.002)
    assert (words.precision, words.recall, words.hits, words.compared) == (1.0, 1.0, 2, 2)


def test_it_stays_flawless_in_later_rounds_and_to_an_end_at_any_time(
    stage: Callable[..., Stage],
) -> None:
    tested = stage(loop=True)

    result = run(tested, beeps=3)

    assert tested.status is None
    for plugin in result.plugins.values():
        assert (plugin.precision, plugin.recall) == (1.0, 1.0)
    assert result.plugins["words"].hits >= 3
