import numpy as np
import pytest

from edgenode.plugin import SAMPLE_RATE, Audio, Cut
from edgenode.sense.windows import LONGEST_FILLED, TAIL, Windows, bridge


def hop(position: int, length: int) -> Audio:
    """Return a hop whose samples are their own positions."""
    samples = np.arange(position, position + length).astype(np.int16)
    end_s = (position + length) / SAMPLE_RATE
    return Audio(samples=samples, position=position, captured_at=1000.0 + end_s, at_s=end_s)


def cut(windows: Windows, hops: list[Audio]) -> list[Audio]:
    found = []
    for each in hops:
        if not windows.follows(each):
            windows.clear()
        found.extend(windows.push(each))
    return found


def test_windows_overlap_and_hold_every_sample_in_order() -> None:
    windows = Windows(Cut(window=1000, hop=250))

    found = cut(windows, [hop(start, 320) for start in range(0, 1920, 320)])

    assert [window.position for window in found] == [0, 250, 500, 750]
    assert all(np.array_equal(w.samples, np.arange(w.position, w.position + 1000)) for w in found)


def test_nothing_is_scored_before_the_window_is_full() -> None:
    windows = Windows(Cut(window=1000, hop=250))

    assert cut(windows, [hop(0, 320), hop(320, 320), hop(640, 320)]) == []


def test_a_window_is_dated_by_its_last_sample() -> None:
    windows = Windows(Cut(window=1000, hop=500))

    first, second = cut(windows, [hop(0, 1600)])

    assert (first.at_s, second.at_s) == (1000 / SAMPLE_RATE, 1500 / SAMPLE_RATE)
    assert first.captured_at == 1000.0 + 1000 / SAMPLE_RATE


def test_after_a_long_gap_the_window_fills_anew() -> None:
    windows = Windows(Cut(window=600, hop=600))
    after = 320 + LONGEST_FILLED + 1

    found = cut(windows, [hop(0, 320), hop(after, 320), hop(after + 320, 320)])

    assert [window.position for window in found] == [after]


@pytest.mark.parametrize("missing", [1, 320, LONGEST_FILLED])
def test_a_short_gap_is_filled_with_as_many_samples_as_are_missing(missing: int) -> None:
    windows = Windows(Cut(window=500, hop=500))
    after = 320 + missing

    found = cut(windows, [hop(1, 319), hop(after, 320), hop(after + 320, 320)])

    heard = np.concatenate([window.samples for window in found])
    expected = np.arange(1, after + 640).astype(np.int16)
    filled = np.arange(319, min(319 + missing, len(heard)))
    assert np.array_equal(np.delete(heard, filled), np.delete(expected[: len(heard)], filled))
    assert len(heard) > 319 + missing
    assert len(expected) - len(heard) < 500
    assert [window.position for window in found] == [1 + 500 * n for n in range(len(found))]
    assert found[-1].at_s == pytest.approx((1 + len(heard)) / SAMPLE_RATE)


@pytest.mark.parametrize("offset", [0, -1638, 20_000])
@pytest.mark.parametrize("missing", [1, 7, 320, 1600, LONGEST_FILLED])
def test_a_gap_is_bridged_without_an_edge_and_as_loud_as_what_is_around(
    missing: int, offset: int
) -> None:
    tone = offset + 1000 * np.sin(np.arange(640) * 0.1)

    filled = bridge(tone[:320].astype(np.int16), tone[320:].astype(np.int16), missing)

    around = np.concatenate((tone[:320], filled, tone[320:]))
    assert len(filled) == missing
    assert np.abs(np.diff(around)).max() < 320
    assert filled.max() <= tone.max()
    assert filled.min() >= tone.min() - 1
    if missing >= 320:
        assert 0.3 < filled.std() / tone.std() < 1.1


def test_a_gap_in_digital_silence_is_digital_silence() -> None:
    nothing = np.zeros(320, np.int16)

    assert not bridge(nothing, nothing, 900).any()


def test_a_stream_that_goes_back_is_a_new_one() -> None:
    windows = Windows(Cut(window=600, hop=600))

    found = cut(windows, [hop(320, 320), hop(0, 320), hop(320, 320)])

    assert [window.position for window in found] == [0]


def test_the_silence_behind_a_stream_continues_it() -> None:
    windows = Windows(Cut(window=1000, hop=1000))
    list(windows.push(hop(0, 400)))

    silence = windows.silence()

    assert silence is not None
    assert (silence.position, len(silence.samples), silence.samples.any()) == (400, TAIL, False)
    assert silence.at_s == (400 + TAIL) / SAMPLE_RATE
    assert [window.position for window in windows.push(silence)][:2] == [0, 1000]


def test_nothing_follows_a_stream_that_never_began() -> None:
    assert Windows(Cut(window=1000, hop=1000)).silence() is None


def test_a_stream_without_overlap_gives_each_sample_once() -> None:
    windows = Windows(Cut(window=480, hop=480))

    found = cut(windows, [hop(start, 320) for start in range(0, 3200, 320)])

    assert np.array_equal(np.concatenate([w.samples for w in found]), np.arange(2880))
