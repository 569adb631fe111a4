"""The thread of a source that fails: opened again, given up, or the end of the process."""

import logging
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import msgspec
import pytest

from edgenode import plugin
from edgenode.sense.threads import Standing, Timing
from edgenode.testing import FakeSource
from tests.frames import shades
from tests.waiting import LIMIT

if TYPE_CHECKING:
    from tests.sense.conftest import Bench

GONE = plugin.DeviceError("camera 0 is gone: check its cable")
AWAY = Standing("device-error", "camera 0 is gone: check its cable")


def test_a_sensor_that_fails_is_opened_again_and_both_are_told(
    bench: "Bench", caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    failing = FakeSource(shades(1), GONE)
    bench.source(failing, FakeSource([], GONE), FakeSource([], GONE), FakeSource(shades(2)))

    bench.run()

    assert bench.offered["light"] == [1, 2]
    assert failing.closed == 1
    distinct = list(dict.fromkeys(bench.standings))
    assert distinct == [Standing("starting"), Standing("running"), AWAY, Standing("finished")]
    assert [record.getMessage() for record in caplog.records] == [
        "source 'front': camera 0 is gone: check its cable",
        "source 'front' yields again",
    ]


def test_a_sensor_that_stays_away_is_tried_later_and_later() -> None:
    timing = Timing(back_off_s=(1.0, 4.0, 8.0))

    pauses = [timing.pause_s(failures) for failures in range(5)]

    assert pauses == [1.0, 4.0, 8.0, 8.0, 8.0]


def test_waiting_for_a_sensor_is_no_standstill_and_ends_when_asked(
    bench: "Bench", until: Callable[..., None]
) -> None:
    bench.timing = msgspec.structs.replace(bench.timing, back_off_s=(3600.0,))
    read = bench.source(FakeSource([], GONE))

    bench.start()
    until(lambda: read.standing == AWAY)
    before = read.progress.count

    until(lambda: read.progress.count > before)
    read.stop()
    assert read.join(LIMIT)


def test_a_driver_that_hangs_for_good_is_wedged_when_nothing_else_helps(bench: "Bench") -> None:
    hanging = FakeSource(shades(1), GONE)
    hanging.wedged = True
    read = bench.source(hanging, FakeSource([], GONE))

    bench.run()

    assert read.standing == Standing("wedged", AWAY.error)
    assert read.standing.fate == "device-error"


def test_a_driver_that_came_back_is_not_wedged(bench: "Bench") -> None:
    hanging = FakeSource([], GONE)
    hanging.wedged = True
    again = FakeSource(shades(1), GONE)
    read = bench.source(hanging, again, FakeSource([], GONE), FakeSource([], GONE), FakeSource([]))

    bench.run()

    assert read.standing == Standing("finished")


def test_a_recording_that_cannot_be_read_is_not_tried_again(bench: "Bench") -> None:
    broken = FakeSource(shades(1), plugin.RecordingError("'a.wav': it is empty"))
    read, light = bench.source(broken), bench.plugins[0]

    bench.run()

    assert read.standing == Standing("device-error", "'a.wav': it is empty")
    assert (broken.opened, broken.closed) == (1, 1)
    assert light.progress.done


@pytest.mark.parametrize("error", [ZeroDivisionError("by zero"), OSError("by zero")])
def test_a_source_that_raises_what_none_should_has_failed_and_is_opened_again(
    bench: "Bench", caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    strange = FakeSource(shades(1), error)
    bench.source(strange, FakeSource([], error), FakeSource(shades(2)))

    bench.run()

    assert bench.offered["light"] == [1, 2]
    assert Standing("failed", f"{type(error).__name__}: by zero") in bench.standings
    assert caplog.text.count("Traceback") == 1
    assert strange.closed == 1


def test_a_source_whose_constructor_raises_has_failed(
    bench: "Bench", until: Callable[..., None]
) -> None:
    class Strange(FakeSource):
        def open(self) -> None:
            raise AttributeError("no driver")

    read = bench.source(Strange([]))

    bench.start()

    until(lambda: read.standing == Standing("failed", "AttributeError: no driver"))


class Uncounted(FakeSource):
    """Raises where it is asked what it has lost."""

    @property
    def lost(self) -> int:
        raise RuntimeError("not counted")

    @lost.setter
    def lost(self, _: int) -> None: ...


def test_a_source_that_cannot_say_what_it_has_lost_has_failed_and_is_opened_again(
    bench: "Bench",
) -> None:
    strange = Uncounted(shades(1))
    read = bench.source(strange, FakeSource(shades(2)))

    bench.run()

    assert Standing("failed", "RuntimeError: not counted") in bench.standings
    assert bench.offered["light"] == [2]
    assert (strange.closed, read.lost, read.standing) == (1, 0, Standing("finished"))


@pytest.mark.parametrize("counts", [[5, 2], [5, -1]])
def test_what_a_source_has_lost_never_decreases(bench: "Bench", counts: list[int]) -> None:
    class Odd(FakeSource):
        def samples(self) -> Iterator[plugin.Sample]:
            for sample, self.lost in zip(super().samples(), counts, strict=True):
                yield sample

    read = bench.source(Odd(shades(1, 2)))

    bench.run()

    assert read.lost == 5


def test_a_source_that_ends_its_thread_has_failed_and_says_why(bench: "Bench") -> None:
    class Odd(FakeSource):
        @property
        def wedged(self) -> bool:
            raise RuntimeError("who knows")

        @wedged.setter
        def wedged(self, _: bool) -> None: ...

    read = bench.source(Odd([], GONE))

    bench.run()

    assert read.standing == Standing("failed", "RuntimeError: who knows")
