"""The threads of sense, with sources and plugins that do as the test says."""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import pytest

from edgenode import plugin
from edgenode.sense import lanes
from edgenode.sense.lanes import Pulse, vitals
from edgenode.testing import FakeSource

if TYPE_CHECKING:
    from tests.sense.conftest import Bench

LIMIT = 10.0


class Live(FakeSource):
    """A sensor: it does not wait for its readers, and blocks where the test says."""

    lossless = False

    def __init__(self, samples: Sequence[plugin.Sample], *, after_first: threading.Event) -> None:
        super().__init__(samples)
        self._after_first = after_first

    def samples(self) -> Iterator[plugin.Sample]:
        for place, sample in enumerate(super().samples()):
            if place == 1:
                assert self._after_first.wait(LIMIT)
            yield sample


def test_the_end_of_a_recording_finishes_its_plugins(bench: "Bench") -> None:
    source = FakeSource(bench.shades(1, 2, 3))
    pump, lane = bench.pump(source), bench.lanes[0]

    bench.run()

    assert bench.said == {"light": [1, 2, 3]}
    assert (lane.fate, lane.pulse.done, pump.pulse.done) == ("finished", True, True)
    assert (source.opened, source.closed, pump.crashed) == (1, 1, False)


def test_all_plugins_of_a_source_see_every_sample_and_its_bytes_are_counted_once(
    bench: "Bench",
) -> None:
    bench.lane(name="light")
    bench.lane(name="lux")
    pump = bench.pump(FakeSource(bench.shades(1, 2, 3)))

    bench.run()

    assert bench.said == {"light": [1, 2, 3], "lux": [1, 2, 3]}
    assert pump.seen_bytes == 3 * 2 * 2 * 3


def test_a_recording_waits_for_slow_plugins_and_loses_nothing(bench: "Bench") -> None:
    slow = bench.slow()
    lane = bench.lane(slow)
    pump = bench.pump(FakeSource(bench.shades(*range(20))))

    bench.start()
    assert slow.begun.wait(LIMIT)
    slow.may.set()
    bench.join()

    assert bench.said["light"] == list(range(20))
    assert (lane.mailbox.lost, pump.fault) == (0, "")


def test_of_a_sensor_too_fast_for_the_plugin_the_newest_frame_stays_and_the_rest_is_counted(
    bench: "Bench",
) -> None:
    slow = bench.slow()
    lane = bench.lane(slow)
    pump = bench.pump(Live(bench.shades(*range(20)), after_first=slow.begun))

    bench.start()
    assert pump.join(LIMIT)
    slow.may.set()
    bench.join()

    assert bench.said["light"] == [0, 19]
    assert lane.health().lost == lane.mailbox.lost == 18


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
    failing = bench.lane(bench.brightness({2: fault}), "failing")
    bench.lane(name="light")
    pump = bench.pump(FakeSource(bench.shades(*range(1, 30))))

    bench.run()

    assert bench.said == {"failing": [1], "light": list(range(1, 30))}
    said = vitals(failing, pump)
    assert (said.fate, said.error) == (fate, error)
    assert failing.pulse.done


def test_a_plugin_that_has_failed_is_begun_anew(
    bench: "Bench", monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(lanes, "BACK_OFF_S", (0.0,))
    lane = bench.lane(bench.brightness({2: ValueError("odd"), 3: ValueError("odd again")}))
    pump = bench.pump(FakeSource(bench.shades(1, 2, 3, 4, 5)))

    bench.run()

    assert bench.said == {"light": [1, 4, 5]}
    assert (vitals(lane, pump).fate, vitals(lane, pump).error) == ("finished", "")
    assert caplog.text.count("plugin 'light' failed") == 1
    assert caplog.text.count("plugin 'light' runs again") == 1


def test_a_plugin_that_sits_out_does_not_hold_up_a_recording(
    bench: "Bench", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "BACK_OFF_S", (10 * LIMIT,))
    failing = bench.lane(bench.brightness({1: ValueError("odd")}), "failing")
    bench.lane(name="light")
    bench.pump(FakeSource(bench.shades(*range(1, 30))))

    bench.run()

    assert failing.fate == "failed"
    assert bench.said["light"] == list(range(1, 30))


def test_a_fault_too_long_for_the_contract_is_cut(bench: "Bench") -> None:
    failing = bench.lane(bench.brightness({1: ValueError("x" * 5000)}))
    pump = bench.pump(FakeSource(bench.shades(1)))

    bench.run()

    assert len(vitals(failing, pump).error) == 512


def test_a_plugin_in_trouble_says_its_own_and_not_the_source_s(bench: "Bench") -> None:
    failing = bench.lane(bench.brightness({1: ValueError("odd")}))
    pump = bench.pump(FakeSource(bench.shades(1), plugin.RecordingError("cut short")))

    bench.run()

    assert vitals(failing, pump).fate == "failed"


def test_a_source_that_blocks_holds_up_nobody_but_itself(bench: "Bench") -> None:
    never = threading.Event()
    lane = bench.lane()
    pump = bench.pump(Live(bench.shades(1, 2), after_first=never))
    bench.start()

    lane.stop()
    pump.stop()
    ended = (lane.join(LIMIT), pump.join(0.01))
    never.set()

    assert ended == (True, False)
    assert pump.join(LIMIT)


def test_a_pump_that_waits_for_a_hung_plugin_moves_and_the_plugin_does_not(
    bench: "Bench", monkeypatch: pytest.MonkeyPatch, until: Callable[..., None]
) -> None:
    monkeypatch.setattr(lanes, "TURN_S", 0.01)
    hung = bench.slow()
    lane = bench.lane(hung)
    pump = bench.pump(FakeSource(bench.shades(*range(5))))
    bench.start()
    assert hung.begun.wait(LIMIT)
    lane.pulse.mark()

    for _ in range(3):
        pump.pulse.mark()
        until(lambda: pump.pulse.moved)

    assert not lane.pulse.moved
    hung.may.set()


def test_a_pulse_has_moved_since_it_was_marked_or_is_done() -> None:
    pulse = Pulse()

    seen = [pulse.moved]
    pulse.beat()
    seen.append(pulse.moved)
    pulse.mark()
    seen.append(pulse.moved)
    pulse.done = True
    seen.append(pulse.moved)

    assert seen == [False, True, False, True]
