"""The pump of a source that fails: opened again, given up, or the end of the process."""

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pytest

from edgenode import plugin
from edgenode.sense import lanes
from edgenode.sense.lanes import vitals
from edgenode.testing import FakeSource

if TYPE_CHECKING:
    from tests.sense.conftest import Bench

LIMIT = 10.0


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "BACK_OFF_S", (0.001,))


GONE = plugin.DeviceError("camera 0 is gone: check its cable")


@pytest.mark.usefixtures("hasty")
def test_a_sensor_that_fails_is_opened_again_and_both_are_told(
    bench: "Bench", caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    failing = FakeSource(bench.shades(1), GONE)
    bench.pump(failing, FakeSource([], GONE), FakeSource([], GONE), FakeSource(bench.shades(2)))

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
    bench: "Bench", until: Callable[..., None]
) -> None:
    pump, lane = bench.pump(FakeSource([], GONE)), bench.lanes[0]

    bench.start()
    until(lambda: bool(pump.fault))
    said = vitals(lane, pump)

    assert (said.fate, said.error) == ("device-error", "camera 0 is gone: check its cable")


def test_a_sensor_that_stays_away_is_tried_later_and_later(
    bench: "Bench", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "BACK_OFF_S", (0.01, 0.04, 0.08))
    opened: list[float] = []

    class Absent(FakeSource):
        def open(self) -> None:
            opened.append(time.monotonic())
            if len(opened) < 5:
                raise GONE

    bench.pump(Absent([]))
    bench.run()

    pauses = np.diff(opened)
    assert (pauses >= (0.01, 0.04, 0.08, 0.08)).all(), pauses


def test_waiting_for_a_sensor_is_no_standstill_and_ends_when_asked(
    bench: "Bench", monkeypatch: pytest.MonkeyPatch, until: Callable[..., None]
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
    bench: "Bench",
) -> None:
    hanging = FakeSource(bench.shades(1), GONE)
    hanging.wedged = True
    pump = bench.pump(hanging, FakeSource([], GONE))

    bench.run()

    assert pump.crashed


@pytest.mark.usefixtures("hasty")
def test_a_driver_that_came_back_does_not_end_the_process(bench: "Bench") -> None:
    hanging = FakeSource([], GONE)
    hanging.wedged = True
    again = FakeSource(bench.shades(1), GONE)
    pump = bench.pump(hanging, again, FakeSource([], GONE), FakeSource([], GONE), FakeSource([]))

    bench.run()

    assert not pump.crashed


def test_a_recording_that_cannot_be_read_is_not_tried_again(bench: "Bench") -> None:
    broken = FakeSource(bench.shades(1), plugin.RecordingError("'a.wav': it is empty"))
    pump, lane = bench.pump(broken), bench.lanes[0]

    bench.run()

    said = vitals(lane, pump)
    assert (said.fate, said.error) == ("device-error", "'a.wav': it is empty")
    assert (broken.opened, broken.closed) == (1, 1)
    assert lane.pulse.done
    assert not pump.crashed


def test_what_no_source_should_raise_is_a_crash(
    bench: "Bench", caplog: pytest.LogCaptureFixture
) -> None:
    pump = bench.pump(FakeSource(bench.shades(1), ZeroDivisionError("by zero")))

    bench.run()

    assert pump.crashed
    assert "ZeroDivisionError: by zero" in caplog.text
