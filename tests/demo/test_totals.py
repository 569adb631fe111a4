from collections import Counter

from edgenode.backend.board import NodeFacts, PluginFacts
from edgenode.demo.score.counts import Score
from edgenode.demo.totals import totals


def test_the_totals_are_of_what_arrived() -> None:
    words = PluginFacts(labels=Counter({"yes": 2, "go": 3}), messages=6, bytes=600)
    node = NodeFacts(seen_bytes=90_000, messages=9, bytes=900, plugins={"words": words})

    result = totals(node, ["words"], 3.14159, {})

    assert (result.seen_bytes, result.published_bytes, result.ratio) == (90_000, 900, 100.0)
    assert (result.messages, result.seconds) == (9, 3.1)
    assert result.plugins["words"].findings == 5
    assert result.plugins["words"].labels == {"go": 3, "yes": 2}
    assert result.silent == []


def test_a_plugin_without_a_finding_is_silent_whether_it_said_a_word_or_not() -> None:
    fault = PluginFacts(error="no model 'x'; pull it", messages=1, bytes=80)
    node = NodeFacts(messages=1, bytes=80, plugins={"objects": fault})

    result = totals(node, ["objects", "words"], 1.0, {})

    assert result.silent == ["objects", "words"]
    assert result.plugins["objects"].error == "no model 'x'; pull it"
    assert result.ratio == 0.0


def test_of_nothing_there_is_no_ratio() -> None:
    assert totals(NodeFacts(), [], 1.0, {}).ratio == 0.0


def test_a_score_is_beside_what_the_plugin_published() -> None:
    scores = {"posture": Score(compared=9, hits=6, wrong=1, missed=2, keypoint_error=0.0123456)}

    result = totals(NodeFacts(), ["posture"], 1.0, scores).plugins["posture"]

    assert (result.precision, result.recall, result.keypoint_error) == (0.8571, 0.75, 0.0123)
    assert (result.compared, result.hits, result.wrong, result.missed) == (9, 6, 1, 2)


def test_without_a_score_or_where_it_does_not_apply_there_is_none() -> None:
    scores = {"words": Score(compared=4, hits=4)}

    plugins = totals(NodeFacts(), ["objects", "words"], 1.0, scores).plugins

    assert (plugins["words"].recall, plugins["words"].keypoint_error) == (1.0, None)
    assert (plugins["objects"].precision, plugins["objects"].recall) == (None, None)
