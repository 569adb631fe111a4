"""The totals of a demo: bytes seen, bytes published, findings, and how many of them are right."""

from collections.abc import Mapping, Sequence

import msgspec

from edgenode.backend.board import NodeFacts
from edgenode.demo.score.counts import Score

DIGITS = 4


class PluginTotals(msgspec.Struct, frozen=True, kw_only=True):
    """What one plugin has published, and its score.

    Attributes:
        labels: number of findings by label.
        precision, recall, keypoint_error: see ``Score``; None if the truth is not known or the
            figure does not apply.
        compared, hits, wrong, missed: see ``Score``; 0 if the truth is not known.
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


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """The totals of one run; with ``--json`` this is the last line of the output.

    Attributes:
        seen_bytes: size of all samples that the plugins have received; from the last health.
        published_bytes: size of all payloads that have arrived over MQTT.
        ratio: ``seen_bytes / published_bytes``, 0 if nothing was published.
        messages: number of messages that have arrived.
        seconds: how long the node ran.
    """

    seen_bytes: int
    published_bytes: int
    ratio: float
    messages: int
    seconds: float
    plugins: dict[str, PluginTotals]

    @property
    def silent(self) -> list[str]:
        """Names of the plugins that have found nothing."""
        return [name for name, plugin in self.plugins.items() if plugin.findings == 0]


def totals(
    node: NodeFacts, expected: Sequence[str], seconds: float, scores: Mapping[str, Score]
) -> Totals:
    """Return the totals of *node* after *seconds*.

    Every plugin in *expected* has an entry, also one that has published nothing.
    """
    plugins = {}
    for name in expected:
        facts = node.plugins.get(name)
        # A plugin may have published nothing: then it has no facts.
        score = scores.get(name, Score())
        plugins[name] = PluginTotals(
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
    return Totals(
        seen_bytes=node.seen_bytes,
        published_bytes=node.bytes,
        ratio=round(node.seen_bytes / node.bytes, 1) if node.bytes else 0.0,
        messages=node.messages,
        seconds=round(seconds, 1),
        plugins=plugins,
    )


def _rounded(rate: float | None) -> float | None:
    return None if rate is None else round(rate, DIGITS)
