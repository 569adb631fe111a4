"""The threads of plugins, with sources and plugins that do as the test says."""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec
import pytest

from edgenode import plugin
from edgenode.sense.threads import Standing
from edgenode.testing import FakeSource
from tests.frames import shades
from tests.waiting import LIMIT

if TYPE_CHECKING:
    from tests.sense.conftest import Bench


class Live(FakeSource):
    """A sensor: it does not wait for its readers, and blocks where the test says."""

    lossless = False
    ends = False

    def __init__(self, samples: Sequence[plugin.Sample], *, after_first: threading.Event) -> None:
        super().__init__(samples)
        self._after_first = after_first

    def samples(self) -> Iterator[plugin.Sample]:
        for place, sample in enumerate(super().samples()):
            if place == 1:
                assert self._after_first.wait(LIMIT)
            yield sample


def test_the_end_of_a_recording_finishes_its_plugins(bench: "Bench") -> None:
    source = FakeSource(shades(1, 2, 3))
    read, light = bench.source(source), bench.plugins[0]

    bench.run()

    assert bench.offered == {"light": [1, 2, 3]}
    assert (light.standing, read.standing) == (Standing("finished"), Standing("finished"))
    assert (light.progress.done, read.progress.done) == (True, True)
    assert (source.opened, source.closed) == (1, 1)


def test_all_plugins_of_a_source_see_every_sample_and_its_bytes_are_counted_once(
    bench: "Bench",
) -> None:
    bench.reader(name="light")
    bench.reader(name="lux")
    read = bench.source(FakeSource(shades(1, 2, 3)))

    bench.run()

    assert bench.offered == {"light": [1, 2, 3], "lux": [1, 2, 3]}
    assert read.seen_bytes == 3 * 2 * 2 * 3


def test_a_recording_waits_for_slow_plugins_and_loses_nothing(bench: "Bench") -> None:
    slow = bench.slow()
    light = bench.reader(slow)
    bench.source(FakeSource(shades(*range(20))))

    bench.start()
    assert slow.begun.wait(LIMIT)
    slow.may.set()
    bench.join()

    assert bench.offered["light"] == list(range(20))
    assert light.mailbox.lost == 0


def test_a_full_mailbox_keeps_the_newest_frame_and_counts_the_rest(bench: "Bench") -> None:
    slow = bench.slow()
    light = bench.reader(slow)
    read = bench.source(Live(shades(*range(20)), after_first=slow.begun), ends=False)

    bench.start()
    assert read.join(LIMIT)
    slow.may.set()
    bench.join()

    assert bench.offered["light"] == [0, 19]
    assert light.health(0).lost == light.mailbox.lost == 18


def test_a_thread_that_has_ended_takes_no_plan(bench: "Bench") -> None:
    light = bench.reader()
    bench.source(FakeSource(shades(1)))
    before = light.plan
    other = replace(before, options=plugin.PluginOptions(source="front"))

    bench.run()

    assert not light.use(other)
    assert light.plan is before


def test_what_the_driver_has_lost_counts_too(bench: "Bench") -> None:
    light = bench.reader()
    sensor = FakeSource(shades(1))
    sensor.lost = 7
    read = bench.source(sensor)

    bench.run()

    assert light.health(read.lost).lost == 7


@pytest.mark.parametrize(
    ("fault", "fate", "error"),
    [
        (ValueError("odd"), "failed", "ValueError: odd"),
        (plugin.ModelError("inference failed: x"), "model-error", "inference failed: x"),
        (plugin.DeviceError("needs Pillow"), "device-error", "needs Pillow"),
    ],
)
def test_a_plugin_that_fails_is_a_fate_and_the_others_go_on(
    bench: "Bench", fault: Exception, fate: str, error: str
) -> None:
    bench.timing = msgspec.structs.replace(bench.timing, back_off_s=(10 * LIMIT,))
    failing = bench.reader(bench.brightness({2: fault}), "failing")
    bench.reader(name="light")
    bench.source(FakeSource(shades(*range(1, 30))))

    bench.run()

    assert bench.offered == {"failing": [1], "light": list(range(1, 30))}
    assert failing.standing == Standing(fate, error)  # type: ignore[arg-type]
    assert failing.progress.done


def test_a_plugin_that_has_failed_is_begun_anew(
    bench: "Bench", caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    bench.timing = msgspec.structs.replace(bench.timing, back_off_s=(0.0,))
    light = bench.reader(bench.brightness({2: ValueError("odd"), 3: ValueError("odd again")}))
    bench.source(FakeSource(shades(1, 2, 3, 4, 5)))

    bench.run()

    assert bench.offered == {"light": [1, 4, 5]}
    assert light.standing == Standing("finished")
    assert caplog.text.count("plugin 'light' failed") == 1
    assert caplog.text.count("plugin 'light' runs again") == 1


def test_a_fault_too_long_for_the_contract_is_cut(bench: "Bench") -> None:
    failing = bench.reader(bench.brightness({1: ValueError("x" * 5000)}))
    bench.source(FakeSource(shades(1)))

    bench.run()

    assert len(failing.standing.error) == 512


def test_a_source_that_blocks_holds_up_nobody_but_itself(bench: "Bench") -> None:
    never = threading.Event()
    light = bench.reader()
    read = bench.source(Live(shades(1, 2), after_first=never), ends=False)
    bench.start()

    light.stop()
    read.stop()
    ended = (light.join(LIMIT), read.join(0.01))
    never.set()

    assert ended == (True, False)
    assert read.join(LIMIT)


def test_a_source_that_waits_for_a_hung_plugin_advances_and_the_plugin_does_not(
    bench: "Bench", until: Callable[..., None]
) -> None:
    hung = bench.slow()
    light = bench.reader(hung)
    read = bench.source(FakeSource(shades(*range(5))))
    bench.start()
    assert hung.begun.wait(LIMIT)
    stands_at = light.progress.count

    for _ in range(3):
        before = read.progress.count
        until(lambda before=before: read.progress.count > before)

    assert light.progress.count == stands_at
    hung.may.set()


def test_a_plugin_that_does_not_return_is_named_with_the_method_it_is_in(
    bench: "Bench", until: Callable[..., None]
) -> None:
    bench.timing = msgspec.structs.replace(bench.timing, stall_s=0.05)
    hung = bench.slow()
    light = bench.reader(hung)
    bench.source(FakeSource(shades(1)))
    bench.start()
    assert hung.begun.wait(LIMIT)

    until(lambda: light.standing.error != "")
    offered = light.standing
    hung.may.set()
    bench.join()

    assert offered == Standing("failed", "does not return from prepare for 0.05 s")
    assert light.standing == Standing("finished")
