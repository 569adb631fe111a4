from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import pytest

from edgenode import plugin
from edgenode.handover import EventRecord, ResultRecord
from edgenode.sense.assembly import stages
from edgenode.sense.inference import NoModel
from edgenode.sense.junction import records
from edgenode.sense.pipeline import Meter, Outcome, Pipeline
from edgenode.testing import FakeAccelerator, FakeModel, frames, outcomes


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

    def __init__(self, options: plugin.PluginOptions, hop: int = 2) -> None:
        super().__init__(options)
        self.resets = 0
        self._hop = hop

    def cut(self) -> plugin.Cut:
        return plugin.Cut(window=4, hop=self._hop)

    def prepare(self, sample: plugin.Audio) -> plugin.Tensor:
        return sample.samples

    def decode(
        self, outputs: Sequence[plugin.Tensor], sample: plugin.Audio
    ) -> tuple[plugin.Finding, ...]:
        return (plugin.Keyword("noise", min(float(outputs[0].max()) / 100, 1.0)),)

    def reset(self) -> None:
        self.resets += 1


class Spots(plugin.Plugin[plugin.PluginOptions, plugin.Frame]):
    """Detects a spot where the model says so."""

    takes = plugin.Frame

    def prepare(self, sample: plugin.Frame) -> plugin.Tensor:
        return sample.pixels

    def decode(
        self, outputs: Sequence[plugin.Tensor], sample: plugin.Frame
    ) -> tuple[plugin.Finding, ...]:
        there = bool(outputs[0].any())
        return (plugin.Detection("spot", 0.9, plugin.Box(0, 0, 1, 1)),) if there else ()


def frame(value: int, at: float = 0.0) -> plugin.Frame:
    return plugin.Frame(pixels=np.full((2, 2, 3), value, np.uint8), captured_at=at)


def hop(position: int, *samples: int) -> plugin.Audio:
    return plugin.Audio(samples=np.array(samples, np.int16), position=position, captured_at=1.0)


def pipeline(
    of: plugin.Plugin[Any, Any],
    *filters: plugin.Filter,
    triggers: Sequence[plugin.Trigger] = (),
) -> Pipeline:
    made = stages(of, triggers, filters, report=of.options.report)
    return Pipeline(of, NoModel(), made, name="any")


def results(of: Pipeline, sample: plugin.Sample) -> list[plugin.Result]:
    return [outcome.result for outcome in of.outcomes(sample)]


def options(**given: Any) -> plugin.PluginOptions:  # noqa: ANN401
    return plugin.PluginOptions(source="any", **given)


def test_a_sample_becomes_a_result_with_its_own_capture_time_and_its_plugin_s_name() -> None:
    (result,) = results(pipeline(Brightness(options())), frame(8, at=123.0))

    assert result.findings == (plugin.Measurement("brightness", 8.0),)
    assert (result.captured_at, result.plugin) == (123.0, "any")
    assert result.ms >= 0.0


def test_a_plugin_may_decline_a_sample() -> None:
    tested = pipeline(Brightness(options()))

    assert results(tested, frame(0)) == []
    assert tested.figures.inferences == 0


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


def test_a_gap_in_the_audio_resets_plugin_and_interpreter() -> None:
    loudness = Loudness(options())
    tested = pipeline(loudness)

    results(tested, hop(0, 1, 2, 3))
    found = results(tested, hop(50, 1, 2, 3))

    assert loudness.resets == 1
    assert found == []


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
    assert tested.figures.inferences == 2


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


def outcome(*findings: plugin.Finding, report: plugin.Report = "presence") -> Outcome:
    """Return what a plugin that finds this brings."""

    class Finds(Brightness):
        def decode(self, *_: object) -> tuple[plugin.Finding, ...]:
            return findings

    (brought,) = pipeline(Finds(options(report=report))).outcomes(frame(1, at=2.0))
    return brought


def test_keywords_cross_as_events_and_the_rest_as_one_result() -> None:
    light = plugin.Measurement("lux", 1.0)

    (event,) = records("words", outcome(plugin.Keyword("yes", 0.9)))
    (result,) = records("light", outcome(light))

    assert isinstance(event, EventRecord)
    assert (event.type, event.label, event.score, event.captured_at) == ("keyword", "yes", 0.9, 2.0)
    assert isinstance(result, ResultRecord)
    assert (result.plugin, result.result.findings) == ("light", (light,))


def test_what_is_found_beside_a_keyword_crosses_too() -> None:
    word, light = plugin.Keyword("yes", 0.9), plugin.Measurement("lux", 1.0)

    event, result = records("both", outcome(word, light))

    assert isinstance(event, EventRecord)
    assert isinstance(result, ResultRecord)
    assert result.result.findings == (light,)


def test_a_happening_crosses_with_all_it_says_and_the_result_without_it() -> None:
    box = plugin.Detection("person", 0.8, plugin.Box(0, 0, 1, 1), id=3)
    left = plugin.Happening("leave", "person", 0.8, id=3, zone="door", dur_ms=1500)

    event, result = records("people", outcome(box, left))

    assert event == EventRecord(
        plugin="people",
        captured_at=2.0,
        type="leave",
        label="person",
        score=0.8,
        id=3,
        zone="door",
        dur_ms=1500,
    )
    assert isinstance(result, ResultRecord)
    assert result.result.findings == (box,)


@pytest.mark.parametrize(
    ("report", "crosses"),
    [
        ("presence", [0, 1, 1, 1, 0, 0]),
        ("changes", [1, 1, 0, 1, 0, 0]),
        ("all", [1, 1, 1, 1, 1, 1]),
    ],
)
def test_report_says_which_results_cross_and_filters_see_every_one(
    report: plugin.Report, crosses: list[int]
) -> None:
    seen: list[int] = []

    def count(result: plugin.Result) -> plugin.Result:
        seen.append(len(result.findings))
        return result

    tested = pipeline(Spots(options(report=report)), count)
    shades = (0, 1, 1, 0, 0, 0)
    found = [each for value in shades for each in tested.outcomes(frame(value))]

    assert [int(each.reported is not None) for each in found] == crosses
    assert seen == list(shades)
    assert [len(each.result.findings) for each in found] == list(shades)


def test_the_end_of_a_presence_crosses_even_beside_a_happening() -> None:
    def leaves(result: plugin.Result) -> plugin.Result:
        if result.findings:
            return result
        gone = plugin.Happening("leave", "spot", 0.9)
        return plugin.Result(captured_at=result.captured_at, findings=(gone,))

    tested = pipeline(Spots(options()), leaves)
    first, last = [each for value in (1, 0) for each in tested.outcomes(frame(value))]

    assert [len(records("spots", each)) for each in (first, last)] == [1, 2]


def accelerated(depth: int, count: int) -> tuple[list[float], FakeAccelerator]:
    """Return what is measured in *count* frames with an accelerator that deep."""
    answers = [[np.full((1,), value, np.float32)] for value in range(count)]
    spec = plugin.TensorSpec(name="in", shape=(2, 2, 3), dtype="uint8")
    accelerator = FakeAccelerator(FakeModel(answers, spec), depth)
    pictures = [np.full((2, 2, 3), 1, np.uint8)] * count
    found = outcomes(Brightness(options()), frames(pictures), accelerator)
    values = [f.value for each in found for f in each.result.findings]  # type: ignore[union-attr]
    return values, accelerator


@pytest.mark.parametrize("depth", [1, 2, 5])
def test_results_keep_their_order_however_many_requests_are_under_way(depth: int) -> None:
    values, accelerator = accelerated(depth, 8)

    assert values == list(range(8))
    assert accelerator.most == depth


def test_a_result_comes_one_sample_later_where_two_requests_are_under_way() -> None:
    spec = plugin.TensorSpec(name="in", shape=(2, 2, 3), dtype="uint8")
    accelerator = FakeAccelerator(FakeModel([[np.ones(1)]], spec), 2, ms=3.5)
    plain = Brightness(options())
    tested = Pipeline(plain, accelerator, stages(plain))

    brought = [len(list(tested.outcomes(frame(1, at)))) for at in (1.0, 2.0, 3.0)]
    late = [each.result for each in tested.drain()]

    assert brought == [0, 0, 1]
    assert [(result.captured_at, result.ms) for result in late] == [(2.0, 3.5), (3.0, 3.5)]
    assert not tested.waiting


def test_a_gap_loses_nothing_that_is_under_way() -> None:
    spec = plugin.TensorSpec(name="in", shape=(4,), dtype="int16")
    accelerator = FakeAccelerator(FakeModel([[np.ones(4)]], spec), 2)
    loudness = Loudness(options())
    tested = Pipeline(loudness, accelerator, stages(loudness))

    before = list(tested.outcomes(hop(0, 1, 2, 3, 4)))
    after = list(tested.outcomes(hop(50, 1, 2)))

    assert (len(before), len(after), loudness.resets) == (0, 1, 1)


def test_the_meter_reads_the_same_however_often_it_is_asked() -> None:
    tested = pipeline(Brightness(options()))
    meter = Meter(tested.figures)
    results(tested, frame(1))

    first, second = meter.read(lost=3), meter.read(lost=3)

    assert first.fps > 0
    assert second.fps > 0
    assert first.lost == 3
    assert first.p95_ms >= first.p50_ms
