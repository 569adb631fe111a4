"""The threads of sense, with sources and plugins that do as the test says."""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest

from edgenode import plugin
from edgenode.handover import Record, ResultRecord
from edgenode.sense import lanes
from edgenode.sense.lanes import Lane, Pulse, Pump, vitals
from edgenode.sense.pipeline import Identity, Pipeline
from edgenode.testing import FakeSource, frames

LIMIT = 10.0


class Brightness(plugin.Plugin[plugin.PluginOptions, plugin.Frame]):
    """Measures the mean of the pixels; ``faults`` are raised at that brightness."""

    takes = plugin.Frame

    def __init__(self, faults: dict[int, Exception] | None = None) -> None:
        super().__init__(plugin.PluginOptions(source="front"))
        self._faults = faults or {}

    def prepare(self, sample: plugin.Frame, spec: plugin.TensorSpec | None) -> plugin.Tensor:
        return sample.pixels

    def decode(
        self, outputs: Sequence[plugin.Tensor], sample: plugin.Frame
    ) -> tuple[plugin.Finding, ...]:
        value = int(outputs[0].mean())
        if value in self._faults:
            raise self._faults[value]
        return (plugin.Measurement("brightness", value),)


class Slow(Brightness):
    """Says when it has begun, and goes on when it may."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = threading.Event()
        self.may = threading.Event()

    def prepare(self, sample: plugin.Frame, spec: plugin.TensorSpec | None) -> plugin.Tensor:
        self.begun.set()
        assert self.may.wait(LIMIT)
        return super().prepare(sample, spec)


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


class Bench:
    """A pump and its lanes, and what they say."""

    def __init__(self) -> None:
        self.said: dict[str, list[float]] = {}
        self.fates: list[str] = []
        self.lanes: list[Lane] = []

    def lane(self, of: plugin.Plugin[Any, Any] | None = None, name: str = "light") -> Lane:
        said = self.said[name] = []

        def emit(record: Record) -> None:
            assert isinstance(record, ResultRecord)
            said.extend(f.value for f in record.result.findings)

        pipeline = Pipeline(of or Brightness(), Identity(), None, [])
        self.lanes.append(Lane(name, plugin.Frame, pipeline, emit, lambda: None))
        return self.lanes[-1]

    def pump(self, *sources: plugin.Source[Any]) -> Pump:
        """Return a pump that opens one source after the other; the last is opened again."""
        left = list(sources)
        lane = self.lanes[0] if self.lanes else self.lane()

        def make() -> plugin.Source[Any]:
            return left.pop(0) if len(left) > 1 else left[0]

        def changed() -> None:
            self.fates.append(vitals(lane, self.pumped).fate)

        self.pumped = Pump("front", make, self.lanes, changed)
        return self.pumped

    def start(self) -> None:
        for thread in (*self.lanes, self.pumped):
            thread.start()

    def join(self) -> None:
        assert all(thread.join(LIMIT) for thread in (self.pumped, *self.lanes))

    def run(self) -> None:
        self.start()
        self.join()


@pytest.fixture
def bench() -> Iterator[Bench]:
    one = Bench()
    yield one
    for thread in (*one.lanes, one.pumped):
        thread.stop()


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "BACK_OFF_S", (0.001,))


def shades(*values: int) -> list[plugin.Frame]:
    return frames([np.full((2, 2, 3), value, np.uint8) for value in values])


GONE = plugin.DeviceError("camera 0 is gone: check its cable")


def test_the_end_of_a_recording_finishes_its_plugins(bench: Bench) -> None:
    source = FakeSource(shades(1, 2, 3))
    pump, lane = bench.pump(source), bench.lanes[0]

    bench.run()

    assert bench.said == {"light": [1, 2, 3]}
    assert (lane.fate, lane.pulse.done, pump.pulse.done) == ("finished", True, True)
    assert (source.opened, source.closed, pump.crashed) == (1, 1, False)


def test_all_plugins_of_a_source_see_every_sample_and_its_bytes_are_counted_once(
    bench: Bench,
) -> None:
    bench.lane(name="light")
    bench.lane(name="lux")
    pump = bench.pump(FakeSource(shades(1, 2, 3)))

    bench.run()

    assert bench.said == {"light": [1, 2, 3], "lux": [1, 2, 3]}
    assert pump.seen_bytes == 3 * 2 * 2 * 3


def test_a_recording_waits_for_slow_plugins_and_loses_nothing(bench: Bench) -> None:
    slow = Slow()
    lane = bench.lane(slow)
    pump = bench.pump(FakeSource(shades(*range(20))))

    bench.start()
    assert slow.begun.wait(LIMIT)
    slow.may.set()
    bench.join()

    assert bench.said["light"] == list(range(20))
    assert (lane.mailbox.lost, pump.fault) == (0, "")


def test_of_a_sensor_too_fast_for_the_plugin_the_newest_frame_stays_and_the_rest_is_counted(
    bench: Bench,
) -> None:
    slow = Slow()
    lane = bench.lane(slow)
    pump = bench.pump(Live(shades(*range(20)), after_first=slow.begun))

    bench.start()
    assert pump.join(LIMIT)
    slow.may.set()
    bench.join()

    assert bench.said["light"] == [0, 19]
    assert lane.health().lost == lane.mailbox.lost == 18


@pytest.mark.usefixtures("hasty")
def test_a_sensor_that_fails_is_opened_again_and_both_are_told(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    failing = FakeSource(shades(1), GONE)
    bench.pump(failing, FakeSource([], GONE), FakeSource([], GONE), FakeSource(shades(2)))

    bench.run()

    assert bench.said["light"] == [1, 2]
    assert failing.closed == 1
    assert bench.fates[:2] == ["device-error", "running"]
    assert [record.getMessage() for record in caplog.records] == [
        "source 'front': camera 0 is gone: check its cable",
        "source 'front' yields again",
    ]


@pytest.mark.usefixtures("hasty")
def test_while_a_sensor_is_away_its_plugins_say_why(
    bench: Bench, until: Callable[..., None]
) -> None:
    pump, lane = bench.pump(FakeSource([], GONE)), bench.lanes[0]

    bench.start()
    until(lambda: bool(pump.fault))
    said = vitals(lane, pump)

    assert (said.fate, said.error) == ("device-error", "camera 0 is gone: check its cable")


def test_a_sensor_that_stays_away_is_tried_later_and_later(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "BACK_OFF_S", (0.01, 0.04, 0.08))
    opened: list[float] = []

    class Absent(FakeSource):
        def __enter__(self) -> FakeSource:
            opened.append(time.monotonic())
            if len(opened) == 5:
                return self
            raise GONE

    bench.pump(Absent([]))
    bench.run()

    pauses = np.diff(opened)
    assert (pauses >= (0.01, 0.04, 0.08, 0.08)).all(), pauses


def test_waiting_for_a_sensor_is_no_standstill_and_ends_when_asked(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, until: Callable[..., None]
) -> None:
    monkeypatch.setattr(lanes, "BACK_OFF_S", (3600.0,))
    monkeypatch.setattr(lanes, "TURN_S", 0.01)
    pump = bench.pump(FakeSource([], GONE))

    bench.start()
    until(lambda: bool(pump.fault))
    pump.pulse.mark()

    until(lambda: pump.pulse.moved)
    pump.stop()
    assert pump.join(LIMIT)


@pytest.mark.usefixtures("hasty")
def test_a_driver_that_hangs_for_good_ends_the_process_when_nothing_else_helps(
    bench: Bench,
) -> None:
    hanging = FakeSource(shades(1), GONE)
    hanging.wedged = True
    pump = bench.pump(hanging, FakeSource([], GONE))

    bench.run()

    assert pump.crashed


@pytest.mark.usefixtures("hasty")
def test_a_driver_that_came_back_does_not_end_the_process(bench: Bench) -> None:
    hanging = FakeSource([], GONE)
    hanging.wedged = True
    again = FakeSource(shades(1), GONE)
    pump = bench.pump(hanging, again, FakeSource([], GONE), FakeSource([], GONE), FakeSource([]))

    bench.run()

    assert not pump.crashed


def test_a_recording_that_cannot_be_read_is_not_tried_again(bench: Bench) -> None:
    broken = FakeSource(shades(1), plugin.RecordingError("'a.wav': it is empty"))
    pump, lane = bench.pump(broken), bench.lanes[0]

    bench.run()

    said = vitals(lane, pump)
    assert (said.fate, said.error) == ("device-error", "'a.wav': it is empty")
    assert (broken.opened, broken.closed) == (1, 1)
    assert lane.pulse.done
    assert not pump.crashed


def test_what_no_source_should_raise_is_a_crash(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    pump = bench.pump(FakeSource(shades(1), ZeroDivisionError("by zero")))

    bench.run()

    assert pump.crashed
    assert "ZeroDivisionError: by zero" in caplog.text


@pytest.mark.parametrize(
    ("fault", "fate", "error"),
    [
        (ValueError("odd"), "failed", "ValueError: odd"),
        (plugin.ModelError("inference failed: x"), "model-error", "inference failed: x"),
        (plugin.DeviceError("needs Pillow"), "device-error", "needs Pillow"),
    ],
)
def test_a_plugin_that_fails_is_a_fate_and_the_others_go_on(
    bench: Bench, fault: Exception, fate: str, error: str
) -> None:
    failing = bench.lane(Brightness({2: fault}), "failing")
    bench.lane(name="light")
    pump = bench.pump(FakeSource(shades(*range(1, 30))))

    bench.run()

    assert bench.said == {"failing": [1], "light": list(range(1, 30))}
    said = vitals(failing, pump)
    assert (said.fate, said.error) == (fate, error)
    assert failing.pulse.done


def test_a_plugin_that_has_failed_is_begun_anew(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(lanes, "BACK_OFF_S", (0.0,))
    lane = bench.lane(Brightness({2: ValueError("odd"), 3: ValueError("odd again")}))
    pump = bench.pump(FakeSource(shades(1, 2, 3, 4, 5)))

    bench.run()

    assert bench.said == {"light": [1, 4, 5]}
    assert (vitals(lane, pump).fate, vitals(lane, pump).error) == ("finished", "")
    assert caplog.text.count("plugin 'light' failed") == 1
    assert caplog.text.count("plugin 'light' runs again") == 1


def test_a_plugin_that_sits_out_does_not_hold_up_a_recording(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "BACK_OFF_S", (10 * LIMIT,))
    failing = bench.lane(Brightness({1: ValueError("odd")}), "failing")
    bench.lane(name="light")
    bench.pump(FakeSource(shades(*range(1, 30))))

    bench.run()

    assert failing.fate == "failed"
    assert bench.said["light"] == list(range(1, 30))


def test_a_fault_too_long_for_the_contract_is_cut(bench: Bench) -> None:
    failing = bench.lane(Brightness({1: ValueError("x" * 5000)}))
    pump = bench.pump(FakeSource(shades(1)))

    bench.run()

    assert len(vitals(failing, pump).error) == 512


def test_a_plugin_in_trouble_says_its_own_and_not_the_source_s(bench: Bench) -> None:
    failing = bench.lane(Brightness({1: ValueError("odd")}))
    pump = bench.pump(FakeSource(shades(1), plugin.RecordingError("cut short")))

    bench.run()

    assert vitals(failing, pump).fate == "failed"


def test_a_source_that_blocks_holds_up_nobody_but_itself(bench: Bench) -> None:
    never = threading.Event()
    lane = bench.lane()
    pump = bench.pump(Live(shades(1, 2), after_first=never))
    bench.start()

    lane.stop()
    pump.stop()
    ended = (lane.join(LIMIT), pump.join(0.01))
    never.set()

    assert ended == (True, False)
    assert pump.join(LIMIT)


def test_a_pump_that_waits_for_a_hung_plugin_moves_and_the_plugin_does_not(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, until: Callable[..., None]
) -> None:
    monkeypatch.setattr(lanes, "TURN_S", 0.01)
    hung = Slow()
    lane = bench.lane(hung)
    pump = bench.pump(FakeSource(shades(*range(5))))
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
