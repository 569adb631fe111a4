"""Plugins that read the findings of others: what their tables must be to each other."""

from collections.abc import Callable
from typing import TypeAlias

import pytest

from edgenode.sense.plan import Plan, PluginPlan, Unusable

Planned: TypeAlias = Callable[[str], tuple[Plan, list[str]]]

LOUD = """
    [sources.mic]
    use = "fake-mic"
    [plugins.loud]
    use = "loudness"
    source = "mic"
"""


@pytest.fixture(autouse=True)
def both(install: Callable[[str, str, str], None]) -> None:
    """Install a plugin that reads findings."""
    install("both", "[edgenode.plugins]\nboth = both:Both\n", """
        from edgenode import plugin

        class Both(plugin.Plugin):
            takes = plugin.Result
            def prepare(self, sample): ...
            def decode(self, outputs, sample): ...
    """)  # fmt: skip


def test_a_plugin_that_reads_findings_names_plugins(planned: Planned) -> None:
    made, faults = planned(LOUD + '[plugins.seen]\nuse = "both"\nsources = ["loud"]\n')

    seen = made.plugins["seen"]
    assert faults == []
    assert isinstance(seen, PluginPlan)
    assert (seen.reads, seen.source) == (("loud",), "")


def test_plugins_may_read_one_that_reads(planned: Planned) -> None:
    _, faults = planned(LOUD + """
    [plugins.first]
    use = "both"
    sources = ["loud"]
    [plugins.second]
    use = "both"
    sources = ["first", "loud"]
    """)  # fmt: skip

    assert faults == []


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (
            "",
            'sources: missing: the names of the plugins whose findings it reads, such as ["loud"]',
        ),
        (
            "sources = []",
            (
                "sources = []: is empty: the names of the plugins whose findings it reads, "
                'such as ["loud"]'
            ),
        ),
        (
            'source = "mic"\nsources = ["loud"]',
            "source = 'mic': this plugin reads findings; name plugins with `sources`",
        ),
        ('sources = ["lowd"]', "sources[0] = 'lowd': no such plugin; did you mean 'loud'?"),
        ('sources = ["seen"]', "sources[0] = 'seen': a plugin cannot read itself; remove it"),
        ('sources = "loud"', "sources = 'loud': must be an array of text; add brackets"),
    ],
)
def test_what_it_reads_must_be_there(planned: Planned, table: str, message: str) -> None:
    _, faults = planned(LOUD + f'[plugins.seen]\nuse = "both"\n{table}\n')

    assert f"plugins.seen.{message}" in faults


def test_plugins_do_not_read_in_a_circle(planned: Planned) -> None:
    _, faults = planned(LOUD + """
    [plugins.a]
    use = "both"
    sources = ["loud", "b"]
    [plugins.b]
    use = "both"
    sources = ["a"]
    """)  # fmt: skip

    assert faults == [
        "plugins.a.sources[1] = 'b': reads in a circle (a reads b reads a); remove one of them",
    ]


def test_a_circle_is_told_once_however_many_read_in_it(planned: Planned) -> None:
    made, faults = planned("""
    [plugins.c]
    use = "both"
    sources = ["a"]
    [plugins.b]
    use = "both"
    sources = ["c"]
    [plugins.a]
    use = "both"
    sources = ["b"]
    """)

    message = "plugins.a.sources[0] = 'b': reads in a circle (a reads b reads c reads a)"
    assert faults == [f"{message}; remove one of them"]
    for name in "abc":
        circling = made.plugins[name]
        assert isinstance(circling, Unusable)
        assert circling.error == faults[0]


def test_two_circles_of_one_plugin_are_two_faults(planned: Planned) -> None:
    _, faults = planned("""
    [plugins.hub]
    use = "both"
    sources = ["left", "right"]
    [plugins.left]
    use = "both"
    sources = ["hub"]
    [plugins.right]
    use = "both"
    sources = ["hub"]
    """)

    assert [fault.partition(" = ")[0] for fault in faults] == [
        "plugins.hub.sources[0]",
        "plugins.hub.sources[1]",
    ]


def test_no_plugin_is_suggested_that_would_close_a_circle(planned: Planned) -> None:
    _, faults = planned(LOUD + """
    [plugins.lound]
    use = "both"
    sources = ["seen"]
    [plugins.seen]
    use = "both"
    sources = ["loun"]
    """)  # fmt: skip

    assert faults == [
        "plugins.seen.sources[0] = 'loun': no such plugin; did you mean 'loud'?",
    ]


def test_a_plugin_that_could_read_nobody_is_told_to_add_one(planned: Planned) -> None:
    _, faults = planned('[plugins.seen]\nuse = "both"\n')

    assert faults == [
        (
            "plugins.seen.sources: missing: the names of the plugins whose findings it reads; "
            "there is none, add one"
        )
    ]
