"""The time in a film, whatever its file says."""

import pytest

from edgenode.sense.sources._film_clock import FilmClock


def times(rate_hz: float, *said: float | None) -> tuple[list[float], int]:
    clock = FilmClock(rate_hz)
    return [clock.advance(time_s) for time_s in said], clock.jumps


def test_a_film_begins_at_nought_whatever_its_first_time_is() -> None:
    assert times(10, 3600.0, 3600.1, 3600.4) == (pytest.approx([0, 0.1, 0.4]), 0)


def test_a_step_back_or_far_ahead_lasts_one_frame() -> None:
    assert times(10, 0.0, 0.1, 3600.2, 0.3, 0.4) == (pytest.approx([0, 0.1, 0.2, 0.3, 0.4]), 2)
    assert times(10, 5.0, 5.1, 0.0, 0.1) == (pytest.approx([0, 0.1, 0.2, 0.3]), 1)


def test_a_pause_of_a_few_seconds_is_believed() -> None:
    assert times(25, 0.0, 9.0, 9.04) == (pytest.approx([0, 9, 9.04]), 0)


def test_slow_films_may_have_long_steps() -> None:
    assert times(0.05, 0.0, 20.0, 70.0) == (pytest.approx([0, 20, 70]), 0)


def test_frames_without_times_last_as_long_as_the_mean() -> None:
    assert times(10, None, None, None) == (pytest.approx([0, 0.1, 0.2]), 0)


def test_counted_and_real_times_are_not_mixed() -> None:
    assert times(10, None, 3600.0, 3600.1) == (pytest.approx([0, 0.1, 0.2]), 0)
    assert times(10, 7.0, None, 7.2, 7.3) == (pytest.approx([0, 0.1, 0.2, 0.3]), 0)


def test_frames_without_times_between_two_that_are_close_do_not_go_back() -> None:
    assert times(10, 0.0, None, None, 0.1, 0.2) == (pytest.approx([0, 0.1, 0.2, 0.2, 0.3]), 0)


@pytest.mark.parametrize("rate_hz", [0.0, -1.0, 90_000.0, 1e-6])
def test_an_absurd_rate_is_not_used(rate_hz: float) -> None:
    assert times(rate_hz, None, None) == (pytest.approx([0, 0.04]), 0)
