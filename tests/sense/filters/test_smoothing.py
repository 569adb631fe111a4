import pytest

from edgenode import plugin
from edgenode.sense.filters import smoothing
from edgenode.sense.filters._smoothing import Smoothing


def heard(at: float, **scores: float) -> plugin.Result:
    findings = tuple(plugin.Keyword(label, score) for label, score in scores.items())
    return plugin.Result(captured_at=at, findings=findings)


def scores(result: plugin.Result | None) -> dict[str, float]:
    assert result is not None
    found = [f for f in result.findings if isinstance(f, plugin.Keyword | plugin.Category)]
    return {finding.label: round(finding.score, 6) for finding in found}


def test_a_score_becomes_the_mean_of_the_last_windows() -> None:
    smooth = smoothing(Smoothing(windows=2))

    means = [scores(smooth(heard(at, yes=score))) for at, score in ((1, 1.0), (2, 0.5), (3, 0.0))]

    assert means == [{"yes": 0.5}, {"yes": 0.75}, {"yes": 0.25}]


def test_a_label_that_is_not_named_any_more_fades() -> None:
    smooth = smoothing(Smoothing(windows=2))

    smooth(heard(1.0, yes=0.8, no=0.2))

    assert scores(smooth(heard(1.1, no=0.6))) == {"yes": 0.4, "no": 0.4}
    assert scores(smooth(heard(1.2))) == {"no": 0.3}
    assert scores(smooth(heard(1.3))) == {}


def test_one_window_alone_never_looks_certain() -> None:
    smooth = smoothing(Smoothing(windows=4))

    assert scores(smooth(heard(1.0, yes=1.0))) == {"yes": 0.25}


@pytest.mark.parametrize("later", [1.0 + 2.1, 1.0 - 2.1])
def test_what_was_heard_before_a_gap_is_forgotten(later: float) -> None:
    smooth = smoothing(Smoothing(windows=2, within_s=2.0))

    smooth(heard(1.0, yes=1.0))

    assert scores(smooth(heard(later, no=1.0))) == {"no": 0.5}


def test_capture_times_may_waver() -> None:
    smooth = smoothing(Smoothing(windows=2, within_s=2.0))

    smooth(heard(1.0, yes=1.0))

    assert scores(smooth(heard(0.99, yes=1.0))) == {"yes": 1.0}


def test_categories_are_smoothed_and_other_findings_pass() -> None:
    smooth = smoothing(Smoothing(windows=2))
    box = plugin.Detection("cat", 0.9, plugin.Box(0.0, 0.0, 1.0, 1.0))
    result = plugin.Result(captured_at=1.0, findings=(box, plugin.Category("dog", 0.5)), ms=3.0)

    smoothed = smooth(result)

    assert smoothed == plugin.Result(
        captured_at=1.0, findings=(plugin.Category("dog", 0.25), box), ms=3.0
    )


def test_a_mean_over_one_window_is_the_result_itself() -> None:
    result = heard(1.0, yes=0.7)

    assert smoothing(Smoothing(windows=1))(result) is result


def test_it_remembers_no_more_than_its_windows() -> None:
    smooth = smoothing(Smoothing(windows=3, within_s=1e6))

    for at in range(100):
        smooth(heard(float(at), **{f"word{at}": 1.0}))

    assert len(scores(smooth(heard(100.0)))) == 2
