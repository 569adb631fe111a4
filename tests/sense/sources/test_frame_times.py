"""Which frames of a camera are due, and which were missed, by their times alone."""

import time

from edgenode.sense.sources._frame_times import FrameTimes


def test_of_a_fast_sensor_s_frames_those_are_given_that_are_due_and_one_more_at_the_start() -> None:
    times = FrameTimes(stall_s=60, rate_hz=20)
    began_ns = time.monotonic_ns()

    ages = [times.age_s(began_ns + number * 5_000_000) for number in range(31)]

    assert [number for number, age_s in enumerate(ages) if age_s is not None] == [0, 1, 10, 20, 30]


def test_a_frame_that_lasts_longer_than_the_next_is_no_loss() -> None:
    times = FrameTimes(stall_s=60, rate_hz=None)
    began_ns = time.monotonic_ns()
    missed = []

    for at_ms, lasts_ms in ((0, 80), (80, 20), (100, 20), (160, 20)):
        stamp_ns = began_ns + at_ms * 1_000_000
        missed.append(times.count_missed(stamp_ns, lasts_ms * 1_000_000))
        times.age_s(stamp_ns)

    assert missed == [0, 0, 0, 2]
