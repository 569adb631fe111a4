"""Plugins that read findings, and filters that see every one: through sense as a whole."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from edgenode import plugin
from edgenode.handover.protocol import EventRecord, Record, ResultRecord
from edgenode.sense.plan import PluginPlan, SourcePlan, StagePlan, Unusable
from edgenode.sense.sense import Sense
from edgenode.testing import FakeSource
from tests.frames import Spots, shades
from tests.sense.plans import broken, plan_of, reader, source
from tests.waiting import LIMIT

Until = Callable[..., None]


class CountResults(plugin.Plugin[plugin.PluginOptions, plugin.Result]):
    """Counts the results it has read, by plugin."""

    takes = plugin.Result

    def __init__(self, options: plugin.PluginOptions, model: plugin.Model | None = None) -> None:
        super().__init__(options, model)
        self._counts: dict[str, int] = {}

    def prepare(self, sample: plugin.Result) -> plugin.Tensor:
        self._counts[sample.plugin] = self._counts.get(sample.plugin, 0) + 1
        return np.array(0)

    def decode(
        self, outputs: Sequence[plugin.Tensor], sample: plugin.Result
    ) -> tuple[plugin.Finding, ...]:
        return tuple(plugin.Measurement(*one) for one in sorted(self._counts.items()))


def track(_: plugin.Options) -> plugin.Filter:
    """Follow one spot: say when it enters, and how many results later it leaves."""
    since: list[int] = []

    def follow(result: plugin.Result) -> plugin.Result:
        happened: tuple[plugin.Finding, ...] = ()
        if result.findings:
            happened = () if since else (plugin.Happening("enter", "spot", 0.75, id=1),)
            since.append(1)
        elif since:
            gone = plugin.Happening("leave", "spot", 0.75, id=1, dur_ms=len(since) * 100)
            happened = (gone,)
            since.clear()
        return plugin.Result(captured_at=result.captured_at, findings=result.findings + happened)

    return follow


def counter(*reads: str, cls: Any = CountResults) -> PluginPlan:  # noqa: ANN401
    made = plugin.PluginOptions(sources=reads, report="all")
    return PluginPlan(name="counter", use="counter", cls=cls, options=made)


@pytest.fixture
def run(running: Callable[..., Sense], until: Until) -> Callable[..., list[Record]]:
    """Return a function that runs sense on these tables to the end; it returns what crossed."""

    def run(*tables: SourcePlan | PluginPlan | Unusable) -> list[Record]:
        offered: list[Record] = []
        sense = running(offered.append)
        sense.apply(plan_of(*tables))
        until(lambda: sense.finished)
        assert sense.faults()[0] == []
        return offered

    return run


def results(offered: list[Record], name: str) -> list[plugin.Result]:
    return [r.result for r in offered if isinstance(r, ResultRecord) and r.plugin == name]


def test_a_filter_sees_every_inference_and_what_it_adds_arrives_as_events(
    run: Callable[..., list[Record]],
) -> None:
    tracker = StagePlan(name="track", options=plugin.Options(), factory=track)
    tracked = replace(reader("spots", Spots, report="changes"), filters=(tracker,))

    offered = run(source(FakeSource(shades(0, 1, 1, 1, 0, 0, 1))), tracked)

    events = [record for record in offered if isinstance(record, EventRecord)]
    assert [(e.type, e.label, e.id, e.dur_ms) for e in events] == [
        ("enter", "spot", 1, None),
        ("leave", "spot", 1, 300),
        ("enter", "spot", 1, None),
    ]
    crossed = [len(result.findings) for result in results(offered, "spots")]
    assert crossed == [0, 1, 0, 1]
    assert {result.plugin for result in results(offered, "spots")} == {"spots"}


def test_a_plugin_reads_every_result_of_others_with_their_names(
    run: Callable[..., list[Record]],
) -> None:
    offered = run(
        source(FakeSource(shades(0, 1, 0))),
        source(FakeSource(shades(0, 0)), "back"),
        reader("seen", Spots),
        reader("unseen", Spots, source="back"),
        counter("seen", "unseen"),
    )

    last = results(offered, "counter")[-1]
    assert last.findings == (plugin.Measurement("seen", 3), plugin.Measurement("unseen", 2))
    assert len(results(offered, "counter")) == 5
    assert len(results(offered, "seen")) == 2


def test_what_a_filter_drops_is_not_read(run: Callable[..., list[Record]]) -> None:
    def odd(_: plugin.Options) -> plugin.Filter:
        seen: list[plugin.Result] = []

        def keep(result: plugin.Result) -> plugin.Result | None:
            seen.append(result)
            return result if len(seen) % 2 else None

        return keep

    every_other = StagePlan(name="odd", options=plugin.Options(), factory=odd)
    offered = run(
        source(FakeSource(shades(1, 1, 1, 1, 1))),
        replace(reader("seen", Spots), filters=(every_other,)),
        counter("seen"),
    )

    assert len(results(offered, "counter")) == 3


def test_one_that_reads_a_plugin_that_cannot_run_reads_the_others(
    run: Callable[..., list[Record]],
) -> None:
    offered = run(
        source(FakeSource(shades(1))),
        reader("seen", Spots),
        broken("broken"),
        counter("seen", "broken"),
    )

    assert len(results(offered, "counter")) == 1


def test_a_reader_that_hangs_holds_up_nobody_and_what_it_loses_is_counted(
    running: Callable[..., Sense], until: Until
) -> None:
    may = threading.Event()

    class Hangs(CountResults):
        def prepare(self, sample: plugin.Result) -> plugin.Tensor:
            assert may.wait(LIMIT)
            return super().prepare(sample)

    count = plugin.Result.capacity + 10
    offered: list[Record] = []
    sense = running(offered.append)
    sense.apply(
        plan_of(
            source(FakeSource(shades(*[1] * count))),
            reader("seen", Spots),
            counter("seen", cls=Hangs),
        )
    )

    until(lambda: sense.snapshot().plugins["seen"].fate == "finished")
    may.set()
    until(lambda: sense.finished)

    assert len(results(offered, "seen")) == count
    assert sense.snapshot().plugins["counter"].health.lost >= 9


def test_what_a_plugin_reads_is_in_the_inventory(running: Callable[..., Sense]) -> None:
    sense = running()

    sense.apply(plan_of(source(FakeSource(shades(1))), reader("seen", Spots), counter("seen")))

    metas = {meta.id: meta.source for meta in sense.inventory().plugins}
    assert metas == {"seen": "front", "counter": "seen"}


def test_a_finding_that_cannot_cross_is_its_plugin_s_failure(
    running: Callable[..., Sense], until: Until
) -> None:
    def refuse(_: Record) -> None:
        raise ValueError("a score of 3 is none")

    sense = running(refuse, back_off_s=(60.0,))
    sense.apply(plan_of(source(FakeSource(shades(1, 1))), reader("seen", Spots)))

    until(lambda: sense.finished)
    assert sense.snapshot().plugins["seen"].error == "ValueError: a score of 3 is none"
