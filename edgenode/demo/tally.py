"""The sums of the demo: what was seen, what was published, and how little and how right that is."""

from collections.abc import Mapping, Sequence

import msgspec

from edgenode.backend.board import NodeFacts
from edgenode.demo.score.counts import Score

DIGITS = 4


class PluginSums(msgspec.Struct, frozen=True, kw_only=True):
    """What one plugin has published; ``labels``: its findings by label.

    The rest is the comparison with what is really there, see ``Score``: None and 0 where nobody
    knows that or it does not apply.
    """

    findings: int
    labels: dict[str, int]
    messages: int
    bytes: int
    error: str = ""
    precision: float | None = None
    recall: float | None = None
    keypoint_error: float | None = None
    compared: int = 0
    hits: int = 0
    wrong: int = 0
    missed: int = 0


class Sums(msgspec.Struct, frozen=True, kw_only=True):
    """What the demo comes to; it is its last line with ``--json``.

    Attributes:
        seen_bytes: pictures and sound the plugins have seen, as samples; as of the last health.
        published_bytes: payloads that have arrived over MQTT.
        ratio: the one over the other, 0 where nothing was published.
        messages: how many have arrived.
    """

    seen_bytes: int
    published_bytes: int
    ratio: float
    messages: int
    seconds: float
    plugins: dict[str, PluginSums]

    @property
    def silent(self) -> list[str]:
        """Names of the plugins that found nothing."""
        return [name for name, plugin in self.plugins.items() if plugin.findings == 0]


def sums(
    node: NodeFacts, expected: Sequence[str], seconds: float, scores: Mapping[str, Score]
) -> Sums:
    """Return what arrived from *node*; *expected*: its plugins, whether they said a word or not."""
    plugins = {}
    for name in expected:
        facts = node.plugins.get(name)
        score = scores.get(name, Score())
        plugins[name] = PluginSums(
            findings=facts.findings if facts else 0,
            labels=dict(facts.labels.most_common()) if facts else {},
            messages=facts.messages if facts else 0,
            bytes=facts.bytes if facts else 0,
            error=facts.error if facts else "",
            precision=_rounded(score.precision),
            recall=_rounded(score.recall),
            keypoint_error=_rounded(score.keypoint_error),
            compared=score.compared,
            hits=score.hits,
            wrong=score.wrong,
            missed=score.missed,
        )
    return Sums(
        seen_bytes=node.seen_bytes,
        published_bytes=node.bytes,
        ratio=round(node.seen_bytes / node.bytes, 1) if node.bytes else 0.0,
        messages=node.messages,
        seconds=round(seconds, 1),
        plugins=plugins,
    )


def _rounded(rate: float | None) -> float | None:
    return None if rate is None else round(rate, DIGITS)
