import numpy as np

from edgenode.plugin import SAMPLE_RATE, Audio, Cut
from edgenode.sense.windows import Windows


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


def test_after_a_gap_the_window_fills_anew() -> None:
    windows = Windows(Cut(window=600, hop=600))

    found = cut(windows, [hop(0, 320), hop(640, 320), hop(960, 320)])

    assert [window.position for window in found] == [640]


def test_a_stream_without_overlap_gives_each_sample_once() -> None:
    windows = Windows(Cut(window=480, hop=480))

    found = cut(windows, [hop(start, 320) for start in range(0, 3200, 320)])

    assert np.array_equal(np.concatenate([w.samples for w in found]), np.arange(2880))
