from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import pytest

from edgenode import plugin
from edgenode.handover import EventRecord, ResultRecord
from edgenode.sense.pipeline import Identity, Meter, Pace, Pipeline, records


class Brightness(plugin.Plugin[plugin.PluginOptions, plugin.Frame]):
    """Measures the mean of the pixels."""

    takes = plugin.Frame

    def prepare(self, sample: plugin.Frame) -> plugin.Tensor | None:
        return sample.pixels if sample.pixels.any() else None

    def decode(
        self, outputs: Sequence[plugin.Tensor], sample: plugin.Frame
    ) -> tuple[plugin.Finding, ...]:
        return (plugin.Measurement("brightness", float(outputs[0].mean())),)


class Loudness(plugin.Plugin[plugin.PluginOptions, plugin.Audio]):
    """Remembers how often it was reset, and what it heard."""

    takes = plugin.Audio
    task: ClassVar[str | None] = None

    def __init__(self, options: plugin.PluginOptions, model: plugin.Model | None = None) -> None:
        super().__init__(options, model)
        self.resets = 0

    def cut(self) -> plugin.Cut:
        return plugin.Cut(window=4, hop=2)

    def prepare(self, sample: plugin.Audio) -> plugin.Tensor:
        return sample.samples

    def decode(
        self, outputs: Sequence[plugin.Tensor], sample: plugin.Audio
    ) -> tuple[plugin.Finding, ...]:
        return (plugin.Keyword("noise", min(float(outputs[0].max()) / 100, 1.0)),)

    def reset(self) -> None:
        self.resets += 1


def frame(value: int, at: float = 0.0) -> plugin.Frame:
    return plugin.Frame(pixels=np.full((2, 2, 3), value, np.uint8), captured_at=at)


def hop(position: int, *samples: int) -> plugin.Audio:
    return plugin.Audio(samples=np.array(samples, np.int16), position=position, captured_at=1.0)


def pipeline(of: plugin.Plugin[Any, Any], *filters: plugin.Filter) -> Pipeline:
    return Pipeline(of, Identity(), None, filters)


def options(rate_hz: float | None = None) -> plugin.PluginOptions:
    return plugin.PluginOptions(source="any", rate_hz=rate_hz)


def test_a_sample_becomes_a_result_with_its_own_capture_time() -> None:
    (result,) = pipeline(Brightness(options())).results(frame(8, at=123.0))

    assert result.findings == (plugin.Measurement("brightness", 8.0),)
    assert result.captured_at == 123.0
    assert result.ms >= 0.0


def test_a_plugin_may_decline_a_sample() -> None:
    tested = pipeline(Brightness(options()))

    assert list(tested.results(frame(0))) == []
    assert tested.inferences == 0


def test_a_result_passes_the_filters_in_order_until_one_drops_it() -> None:
    seen: list[str] = []

    def drop(_: plugin.Result) -> None:
        seen.append("drop")

    def never(_: plugin.Result) -> plugin.Result:
        raise AssertionError

    assert list(pipeline(Brightness(options()), drop, never).results(frame(1))) == []
    assert seen == ["drop"]


def test_audio_reaches_the_plugin_in_full_windows() -> None:
    tested = pipeline(Loudness(options()))

    heard = [r.findings[0] for r in tested.results(hop(0, 1, 2, 3, 4, 5, 6))]

    assert heard == [plugin.Keyword("noise", 0.04), plugin.Keyword("noise", 0.06)]


def test_a_gap_in_the_audio_resets_plugin_and_interpreter() -> None:
    loudness = Loudness(options())
    tested = pipeline(loudness)

    list(tested.results(hop(0, 1, 2, 3)))
    found = list(tested.results(hop(50, 1, 2, 3)))

    assert loudness.resets == 1
    assert found == []


@pytest.mark.parametrize(("rate", "kept"), [(None, 30), (10.0, 10), (1.0, 1)])
def test_rate_hz_limits_the_inferences_per_second(rate: float | None, kept: int) -> None:
    tested = pipeline(Brightness(options(rate_hz=rate)))

    found = [r for n in range(30) for r in tested.results(frame(1, at=1000 + n / 30))]

    assert len(found) == kept


def test_of_samples_exactly_a_period_apart_none_is_dropped_for_its_rounding() -> None:
    pace = Pace(5.0)

    assert all(pace.due(1_790_000_000.0 + n * 0.2) for n in range(1000))


def test_a_clock_that_is_set_back_does_not_hold_the_plugin_up() -> None:
    pace = Pace(1.0)

    assert pace.due(1_000_000.0)
    assert pace.due(5.0)
    assert not pace.due(5.5)
    assert pace.due(6.0)


def test_keywords_cross_as_events_and_the_rest_as_one_result() -> None:
    heard = plugin.Result(captured_at=2.0, findings=(plugin.Keyword("yes", 0.9),))
    seen = plugin.Result(captured_at=3.0, findings=(plugin.Measurement("lux", 1.0),))

    (event,) = records("words", heard)
    (result,) = records("light", seen)

    assert isinstance(event, EventRecord)
    assert (event.type, event.label, event.score, event.captured_at) == ("keyword", "yes", 0.9, 2.0)
    assert result == ResultRecord("light", seen)


def test_what_is_found_beside_a_keyword_crosses_too() -> None:
    word, light = plugin.Keyword("yes", 0.9), plugin.Measurement("lux", 1.0)

    event, result = records("both", plugin.Result(captured_at=2.0, findings=(word, light)))

    assert isinstance(event, EventRecord)
    assert result == ResultRecord("both", plugin.Result(captured_at=2.0, findings=(light,)))


def test_the_meter_reads_the_same_however_often_it_is_asked() -> None:
    tested = pipeline(Brightness(options()))
    meter = Meter(tested)
    list(tested.results(frame(1)))

    first, second = meter.read(lost=3), meter.read(lost=3)

    assert first.fps > 0
    assert second.fps > 0
    assert first.lost == 3
    assert first.p95_ms >= first.p50_ms
