"""The replay source: at which pace it plays, and when each sample was captured."""

from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pytest

from edgenode.sense.sources.replay import Replay, ReplayOptions
from tests.sense.sources.playing import Clock, replay

if TYPE_CHECKING:
    from tests.sense.sources.conftest import Recordings

RED, GREEN, BLUE = (200, 0, 0), (0, 200, 0), (0, 0, 200)


@pytest.mark.parametrize(("pace", "waited_s"), [("recording", 0.4), ("fast", 0.0)])
def test_the_pace_of_the_recording_waits_for_each_moment_and_fast_for_none(
    recordings: "Recordings", clock: Clock, pace: str, waited_s: float
) -> None:
    path = recordings.wav("s.wav", np.zeros(6400, np.int16))

    hops = replay(path, pace=pace)

    assert hops[-1].captured_at - hops[0].captured_at == pytest.approx(0.38)
    assert clock.now - Clock.now == pytest.approx(waited_s)


def test_a_sample_is_captured_when_the_recording_has_reached_its_end(
    recordings: "Recordings", clock: Clock
) -> None:
    path = recordings.wav("s.wav", np.zeros(960, np.int16))

    hops = replay(path, pace="recording")

    assert [hop.captured_at - 1_000_000 for hop in hops] == pytest.approx([0.02, 0.04, 0.06])
    assert clock.now - 1_000_000 == pytest.approx(0.06)


def test_a_replay_that_is_late_does_not_catch_up(recordings: "Recordings", clock: Clock) -> None:
    path = recordings.wav("s.wav", np.zeros(3200, np.int16))

    with Replay(ReplayOptions(path=str(path))) as source:
        samples = source.samples()
        next(samples)
        clock.now += 60
        times = [hop.captured_at for hop in samples]

    assert np.diff(times) == pytest.approx([0.02] * 8, abs=1e-6)


@pytest.mark.parametrize("pace", ["recording", "fast"])
def test_a_dated_recording_has_the_capture_times_of_then_exactly(
    recordings: "Recordings", clock: Clock, pace: str
) -> None:
    path = recordings.wav("s.wav", np.zeros(3200, np.int16))
    options = {"path": str(path), "pace": pace, "recorded_at": "2020-02-02T03:02:02+01:00"}

    with Replay(msgspec.convert({**options, "loop": True}, ReplayOptions)) as source:
        samples = source.samples()
        first = next(samples)
        clock.now += 60
        rest = list(islice(samples, 19))

    began_at = datetime(2020, 2, 2, 2, 2, 2, tzinfo=UTC).timestamp()
    assert first.captured_at == began_at + 0.02
    assert [sample.captured_at - began_at for sample in rest] == pytest.approx(
        [0.02 * n for n in range(2, 21)], abs=1e-6
    )


def test_a_date_without_its_offset_is_refused() -> None:
    naive = datetime(2020, 2, 2, 2, 2, 2)  # noqa: DTZ001 what is refused

    with pytest.raises(msgspec.ValidationError, match="timezone"):
        msgspec.convert({"path": "a.wav", "recorded_at": naive}, ReplayOptions)
