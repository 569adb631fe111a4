import msgspec
import pytest

from edgenode import plugin
from edgenode.sense.filters import best, labels, threshold
from edgenode.sense.filters._choice import Labels, Threshold

BOX = plugin.Box(0.0, 0.0, 1.0, 1.0)
POSE = plugin.Pose(0.6, tuple(plugin.Keypoint(0.0, 0.0, 0.0) for _ in plugin.KEYPOINTS))
AREA = plugin.Area("road", 0.2)
WARMTH = plugin.Measurement("temperature_c", 31.0)


def seen(*findings: plugin.Finding) -> plugin.Result:
    return plugin.Result(captured_at=1.0, findings=findings, ms=2.0, model="m")


def cat(score: float) -> plugin.Detection:
    return plugin.Detection("cat", score, BOX)


def test_only_listed_labels_are_kept() -> None:
    keep = labels(Labels(labels=("cat", "person", "temperature_c")))

    result = keep(seen(cat(0.1), POSE, AREA, WARMTH, plugin.Category("dog", 0.9)))

    assert result == seen(cat(0.1), POSE, WARMTH)


def test_a_filter_that_takes_nothing_out_returns_the_result_itself() -> None:
    result = seen(cat(0.9))

    assert labels(Labels(labels=("cat",)))(result) is result
    assert threshold(Threshold())(result) is result
    assert best(plugin.Options())(result) is result


def test_a_list_of_no_labels_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match=r"length >= 1"):
        msgspec.convert({"labels": []}, Labels)


def test_one_threshold_is_for_all_and_includes_itself() -> None:
    keep = threshold(Threshold(threshold=0.6))

    assert keep(seen(cat(0.6), cat(0.59), POSE)) == seen(cat(0.6), POSE)


def test_a_table_of_thresholds_has_one_per_label_and_a_default() -> None:
    options = msgspec.convert({"threshold": {"cat": 1, "default": 0.2}}, Threshold)

    result = threshold(options)(seen(cat(0.99), POSE, plugin.Keyword("yes", 0.19)))

    assert result == seen(POSE)


def test_a_table_without_default_leaves_the_others_at_a_half() -> None:
    keep = threshold(Threshold(threshold={"cat": 0.1}))

    result = keep(seen(cat(0.1), plugin.Keyword("yes", 0.5), plugin.Keyword("no", 0.49)))

    assert result == seen(cat(0.1), plugin.Keyword("yes", 0.5))


def test_what_has_no_score_passes_every_threshold() -> None:
    assert threshold(Threshold(threshold=1.0))(seen(AREA, WARMTH)) == seen(AREA, WARMTH)


@pytest.mark.parametrize("value", [-0.1, 1.1, {"cat": 2.0}, "high"])
def test_a_threshold_that_is_no_share_is_refused(value: object) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"threshold": value}, Threshold)


def test_the_best_finding_is_kept_beside_those_without_a_score() -> None:
    keep = best(plugin.Options())

    result = keep(seen(cat(0.3), AREA, plugin.Keyword("yes", 0.8), POSE))

    assert result == seen(AREA, plugin.Keyword("yes", 0.8))


def test_of_equal_scores_the_first_is_best_and_nothing_stays_nothing() -> None:
    keep = best(plugin.Options())
    first, second = plugin.Keyword("yes", 0.5), plugin.Keyword("no", 0.5)

    assert keep(seen(first, second)) == seen(first)
    assert keep(seen()) == seen()
