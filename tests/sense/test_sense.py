"""Sense as a whole, on plans made by hand: fakes for sources, tiny plugins, no model."""

from collections.abc import Callable

import pytest

from edgenode.handover.protocol import Record, ResultRecord
from edgenode.messages import PluginMeta
from edgenode.plugin import Demand
from edgenode.sense.sense import Sense
from tests.sense.plans import Gated, broken, reader, source, still
from tests.waiting import LIMIT

Until = Callable[..., None]


def test_a_source_hears_what_its_plugins_demand(sense: Callable[..., Sense], until: Until) -> None:
    front = still()

    one = sense([source(front)], [reader("a", rate_hz=2.0), reader("b", rate_hz=5.0)])

    until(lambda: one.finished)
    assert front.demand == Demand(rate_hz=5.0)
    assert front.opened == 1


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


def test_filters_and_report_of_the_table_apply(sense: Callable[..., Sense], until: Until) -> None:
    offered: list[Record] = []
    asked = reader("a", report="changes")

    one = sense([source(still(5))], [asked], offered.append)

    until(lambda: one.finished)
    (only,) = offered
    assert isinstance(only, ResultRecord)
    assert only.result.plugin == "a"
