"""The sums of the demo: what was seen, what was published, and how little that is."""

import msgspec

from edgenode.backend.board import NodeFacts


class PluginSums(msgspec.Struct, frozen=True, kw_only=True):
    """What one plugin has published; ``labels``: its findings by label."""

    findings: int
    labels: dict[str, int]
    messages: int
    bytes: int
    error: str = ""


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


def sums(node: NodeFacts, expected: list[str], seconds: float) -> Sums:
    """Return what arrived from *node*; *expected*: its plugins, whether they said a word or not."""
    plugins = {}
    for name in expected:
        facts = node.plugins.get(name)
        plugins[name] = PluginSums(
            findings=facts.findings if facts else 0,
            labels=dict(facts.labels.most_common()) if facts else {},
            messages=facts.messages if facts else 0,
            bytes=facts.bytes if facts else 0,
            error=facts.error if facts else "",
        )
    return Sums(
        seen_bytes=node.seen_bytes,
        published_bytes=node.bytes,
        ratio=round(node.seen_bytes / node.bytes, 1) if node.bytes else 0.0,
        messages=node.messages,
        seconds=round(seconds, 1),
        plugins=plugins,
    )
