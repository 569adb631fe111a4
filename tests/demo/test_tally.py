from collections import Counter

from edgenode.backend.board import NodeFacts, PluginFacts
from edgenode.demo.tally import sums


def test_the_sums_are_of_what_arrived() -> None:
    words = PluginFacts(labels=Counter({"yes": 2, "go": 3}), messages=6, bytes=600)
    node = NodeFacts(seen_bytes=90_000, messages=9, bytes=900, plugins={"words": words})

    result = sums(node, ["words"], 3.14159)

    assert (result.seen_bytes, result.published_bytes, result.ratio) == (90_000, 900, 100.0)
    assert (result.messages, result.seconds) == (9, 3.1)
    assert result.plugins["words"].findings == 5
    assert result.plugins["words"].labels == {"go": 3, "yes": 2}
    assert result.silent == []


def test_a_plugin_without_a_finding_is_silent_whether_it_said_a_word_or_not() -> None:
    fault = PluginFacts(error="no model 'x'; pull it", messages=1, bytes=80)
    node = NodeFacts(messages=1, bytes=80, plugins={"objects": fault})

    result = sums(node, ["objects", "words"], 1.0)

    assert result.silent == ["objects", "words"]
    assert result.plugins["objects"].error == "no model 'x'; pull it"
    assert result.ratio == 0.0


def test_of_nothing_there_is_no_ratio() -> None:
    assert sums(NodeFacts(), [], 1.0).ratio == 0.0
