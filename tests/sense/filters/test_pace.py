from collections.abc import Iterable

import msgspec
import pytest

from edgenode import plugin
from edgenode.sense.filters import presence, refractory, report_by_exception, throttle
from edgenode.sense.filters._pace import Presence, Refractory, ReportByException, Throttle

LONG_AGO = 1_000.0
NOW = 1_700_000_000.0


def heard(at: float, *words: str) -> plugin.Result:
    findings = tuple(plugin.Keyword(word, 0.9) for word in words)
    return plugin.Result(captured_at=at, findings=findings)


def kept(keep: plugin.Filter, results: Iterable[plugin.Result]) -> list[float]:
    return [result.captured_at for result in results if keep(result) is not None]


def words(keep: plugin.Filter, *results: plugin.Result) -> list[str]:
    found = [finding for result in results for finding in _kept(keep, result).findings]
    return [finding.label for finding in found if isinstance(finding, plugin.Keyword)]


def _kept(keep: plugin.Filter, result: plugin.Result) -> plugin.Result:
    passed = keep(result)
    assert passed is not None
    return passed


def test_a_throttle_lets_one_result_through_in_its_seconds() -> None:
    keep = throttle(Throttle(seconds=1.0))

    assert kept(keep, (heard(at) for at in (0.0, 0.5, 0.99, 1.0, 1.9, 2.5))) == [0.0, 1.0, 2.5]


def test_a_throttle_of_a_second_keeps_one_in_ten_of_ten_a_second() -> None:
    keep = throttle(Throttle(seconds=1.0))

    assert len(kept(keep, (heard(NOW + n * 0.1) for n in range(100)))) == 10


def test_a_clock_set_back_does_not_hold_a_filter_up() -> None:
    slow = throttle(Throttle(seconds=60.0))
    deaf = refractory(Refractory(seconds=60.0))
    beating = report_by_exception(ReportByException(heartbeat_s=60.0))
    before, after = heard(NOW, "yes"), heard(LONG_AGO, "yes")

    assert kept(slow, (before, after)) == [NOW, LONG_AGO]
    assert words(deaf, before, after) == ["yes", "yes"]
    assert kept(beating, (before, after)) == [NOW, LONG_AGO]


def test_capture_times_that_waver_are_no_way_past_a_throttle() -> None:
    keep = throttle(Throttle(seconds=1.0))

    assert kept(keep, (heard(at) for at in (5.0, 4.99, 5.01))) == [5.0]


def test_only_changes_are_reported() -> None:
    keep = report_by_exception(ReportByException())
    results = (
        heard(1.0),
        heard(2.0),
        heard(3.0, "cat"),
        heard(4.0, "cat"),
        heard(5.0, "cat", "cat"),
        heard(6.0, "dog", "cat"),
        heard(7.0, "cat", "dog"),
        heard(8.0),
    )

    assert kept(keep, results) == [1.0, 3.0, 5.0, 6.0, 8.0]


def test_the_heartbeat_reports_what_has_not_changed() -> None:
    keep = report_by_exception(ReportByException(heartbeat_s=10.0))
    times = (0.0, 9.0, 10.0, 12.0, 19.0, 20.0, 30.0)
    results = [heard(at, "cat") if at != 12.0 else heard(at) for at in times]

    assert kept(keep, results) == [0.0, 10.0, 12.0, 19.0, 30.0]


def test_scores_and_shares_are_no_change() -> None:
    keep = report_by_exception(ReportByException())
    few = plugin.Result(captured_at=1.0, findings=(plugin.Area("road", 0.1),))
    many = plugin.Result(captured_at=2.0, findings=(plugin.Area("road", 0.9),))

    assert kept(keep, (few, many)) == [1.0]


def test_after_a_keyword_no_other_is_reported_for_a_while() -> None:
    keep = refractory(Refractory(seconds=1.0))

    said = words(keep, heard(0.0, "yes"), heard(0.5, "no"), heard(0.9, "yes"), heard(1.0, "no"))

    assert said == ["yes", "no"]


def test_the_period_may_be_each_label_its_own() -> None:
    keep = refractory(Refractory(seconds=1.0, per="label"))

    said = words(keep, heard(0.0, "yes"), heard(0.5, "no"), heard(0.9, "yes"), heard(1.0, "yes"))

    assert said == ["yes", "no", "yes"]


def test_of_two_keywords_at_once_the_first_is_reported() -> None:
    assert words(refractory(Refractory()), heard(0.0, "yes", "no")) == ["yes"]


def test_a_keyword_that_goes_on_is_reported_once() -> None:
    keep = refractory(Refractory(seconds=0.3, ceases=True))
    results = [heard(n * 0.1, "yes") for n in range(20)]

    assert words(keep, *results) == ["yes"]
    assert words(keep, heard(2.0), heard(2.1, "yes")) == ["yes"]


def test_a_keyword_that_outlasts_the_period_of_another_is_reported() -> None:
    keep = refractory(Refractory(seconds=0.3, ceases=True))
    results = [heard(0.0, "yes"), *(heard(n * 0.1, "no") for n in range(1, 9))]

    assert words(keep, *results) == ["yes", "no"]


def test_other_findings_know_no_refractory_period() -> None:
    keep = refractory(Refractory(seconds=9.0))
    dog = plugin.Category("dog", 0.5)
    result = plugin.Result(captured_at=1.0, findings=(dog, plugin.Keyword("yes", 0.9)))

    first, second = keep(result), keep(result)

    assert first is result
    assert second is not None
    assert second.findings == (dog,)


def test_presence_is_reported_and_its_end_once() -> None:
    keep = presence(Presence())
    results = (heard(1.0), heard(2.0, "cat"), heard(3.0, "cat"), heard(4.0), heard(5.0))

    assert kept(keep, results) == [2.0, 3.0, 4.0]


def test_the_end_of_presence_may_be_kept_quiet() -> None:
    keep = presence(Presence(endings=False))

    assert kept(keep, (heard(1.0), heard(2.0, "cat"), heard(3.0), heard(4.0, "cat"))) == [2.0, 4.0]


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        ({"seconds": 0}, Throttle),
        ({"second": 1}, Throttle),
        ({"heartbeat_s": -1}, ReportByException),
        ({"per": "word"}, Refractory),
    ],
)
def test_options_that_make_no_sense_are_refused(
    options: dict[str, object], kind: type[plugin.Options]
) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(options, kind)
