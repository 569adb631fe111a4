"""The road from a sample to a result: triggers, windows, filters."""

import pytest

from edgenode import plugin
from edgenode.sense.pipeline import HealthMeter
from edgenode.sense.windows import LONGEST_FILLED, TAIL
from tests.frames import Brightness
from tests.sense.pipelines import Loudness, frame, hop, options, pipeline, results


def test_a_sample_becomes_a_result_with_its_own_capture_time_and_its_plugin_s_name() -> None:
    (result,) = results(pipeline(Brightness(options())), frame(8, at=123.0))

    assert result.findings == (plugin.Measurement("brightness", 8.0),)
    assert (result.captured_at, result.plugin) == (123.0, "any")
    assert result.ms >= 0.0


def test_a_plugin_may_decline_a_sample() -> None:
    class Declines(Brightness):
        def prepare(self, sample: plugin.Frame) -> plugin.Tensor | None:
            return sample.pixels if sample.pixels.any() else None

    tested = pipeline(Declines(options()))

    assert results(tested, frame(0)) == []
    assert tested.stats.inferences == 0


def test_a_result_passes_the_filters_in_order_until_one_drops_it() -> None:
    seen: list[str] = []

    def drop(_: plugin.Result) -> None:
        seen.append("drop")

    def never(_: plugin.Result) -> plugin.Result:
        raise AssertionError

    assert results(pipeline(Brightness(options()), drop, never), frame(1)) == []
    assert seen == ["drop"]


def test_audio_reaches_the_plugin_in_full_windows() -> None:
    tested = pipeline(Loudness(options()))

    heard = [result.findings[0] for result in results(tested, hop(0, 1, 2, 3, 4, 5, 6))]

    assert heard == [plugin.Keyword("noise", 0.04), plugin.Keyword("noise", 0.06)]


def test_a_long_gap_in_the_audio_resets_plugin_and_interpreter() -> None:
    loudness = Loudness(options())
    tested = pipeline(loudness)

    results(tested, hop(0, 1, 2, 3))
    found = results(tested, hop(3 + LONGEST_FILLED + 1, 1, 2, 3))

    assert loudness.resets == 1
    assert found == []


def test_a_short_gap_is_bridged_and_resets_nothing() -> None:
    loudness = Loudness(options())
    tested = pipeline(loudness)

    before = results(tested, hop(0, 1, 2, 3))
    after = results(tested, hop(4, 5, 6))

    assert before == []
    assert [result.findings for result in after] == [
        (plugin.Keyword("noise", 0.04),),
        (plugin.Keyword("noise", 0.06),),
    ]
    assert loudness.resets == 0


def test_a_recording_that_ends_is_followed_by_silence() -> None:
    tested = pipeline(Loudness(options()))

    results(tested, hop(0, 1, 2, 3))
    found = list(tested.end())

    assert len(found) == (3 + TAIL - 4) // 2 + 1
    assert found[0].result.findings == (plugin.Keyword("noise", 0.03),)
    assert found[-1].result.captured_at == pytest.approx(1.0 + TAIL / plugin.SAMPLE_RATE, abs=1e-3)


def test_a_stream_that_never_began_and_frames_end_with_nothing() -> None:
    assert list(pipeline(Loudness(options())).end()) == []
    assert list(pipeline(Brightness(options())).end()) == []


def test_a_trigger_sees_the_frame_and_stops_the_inference() -> None:
    def bright(sample: plugin.Sample) -> bool:
        assert isinstance(sample, plugin.Frame)
        return bool(sample.pixels.mean() > 100)

    tested = pipeline(Brightness(options()), triggers=[bright])

    found = [result for value in (50, 200, 99, 101) for result in results(tested, frame(value))]

    assert [result.findings[0] for result in found] == [
        plugin.Measurement("brightness", 200),
        plugin.Measurement("brightness", 101),
    ]
    assert tested.stats.inferences == 2


def test_the_rate_comes_before_the_other_triggers() -> None:
    asked: list[float] = []

    def never(sample: plugin.Sample) -> bool:
        asked.append(sample.captured_at)
        return False

    tested = pipeline(Brightness(options(rate_hz=1.0)), triggers=[never])
    for at in (0.0, 0.5, 1.0):
        results(tested, frame(1, at))

    assert asked == [0.0, 1.0]


def test_a_trigger_that_stops_overlapping_windows_resets_nothing() -> None:
    loudness = Loudness(options())
    tested = pipeline(loudness, triggers=[lambda sample: sample.captured_at >= 0 and _even(sample)])

    found = [r for at in range(0, 24, 4) for r in results(tested, hop(at, 1, 2, 3, 4))]

    assert loudness.resets == 0
    assert found


def test_a_stream_that_a_trigger_has_interrupted_begins_anew_once() -> None:
    loudness = Loudness(options(), hop=4)
    open_at = {0, 16, 20}
    tested = pipeline(loudness, triggers=[lambda window: window.position in open_at])  # type: ignore[union-attr]

    found = [len(results(tested, hop(at, 1, 2, 3, 4))) for at in range(0, 24, 4)]

    assert found == [1, 0, 0, 0, 1, 1]
    assert loudness.resets == 1


def _even(sample: plugin.Sample) -> bool:
    return isinstance(sample, plugin.Audio) and sample.position % 4 == 0


@pytest.mark.parametrize(("rate", "kept"), [(None, 30), (10.0, 10), (1.0, 1)])
def test_rate_hz_limits_the_inferences_per_second(rate: float | None, kept: int) -> None:
    tested = pipeline(Brightness(options(rate_hz=rate)))

    found = [r for n in range(30) for r in results(tested, frame(1, at=1000 + n / 30))]

    assert len(found) == kept


def test_the_meter_reads_the_same_however_often_it_is_asked() -> None:
    tested = pipeline(Brightness(options()))
    meter = HealthMeter(tested.stats)
    results(tested, frame(1))

    first, second = meter.read(lost=3), meter.read(lost=3)

    assert first.fps > 0
    assert second.fps > 0
    assert first.lost == 3
    assert first.p95_ms >= first.p50_ms
