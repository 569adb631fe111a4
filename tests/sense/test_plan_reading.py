"""Plugins that read the findings of others: what their tables must be to each other."""

from collections.abc import Callable
from typing import TypeAlias

import pytest

from edgenode.sense.plan import Plan, PluginPlan

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
        ("", "sources: missing: the names of the plugins whose findings it reads"),
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
        "plugins.b.sources[0] = 'a': reads in a circle (b reads a reads b); remove one of them",
    ]
