"""Who does not advance is named, for the watchdog."""

import threading
from collections.abc import Callable

from edgenode import plugin
from edgenode.sense.sense import Sense
from tests.frames import Count
from tests.sense.plans import Gated, fates, reader, source, still
from tests.waiting import LIMIT

Until = Callable[..., None]


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
