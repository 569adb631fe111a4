"""What of an outcome crosses to the uplink, and as what."""

import pytest

from edgenode import plugin
from edgenode.handover.protocol import EventRecord, ResultRecord
from edgenode.sense.junction import records
from edgenode.sense.pipeline import Outcome
from tests.frames import Pixels, Spots
from tests.sense.pipelines import frame, options, pipeline


def outcome(*findings: plugin.Finding, report: plugin.Report = "presence") -> Outcome:
    """Return what a plugin that finds this brings."""

    class Finds(Pixels):
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
