"""The latest of every node and plugin, as the messages tell it. It shows nothing itself."""

import time
from collections import Counter, OrderedDict, deque
from dataclasses import dataclass, field

from edgenode.backend.subscriber import OUTBOX, Arrival
from edgenode.messages import (
    Birth,
    Dropped,
    Event,
    Health,
    ResultMessage,
    State,
    Status,
    findings_of,
)

MOST_NODES = 1_000
"""Nodes on the board; the one heard of longest ago is forgotten."""

MOST_PLUGINS = 256
"""Plugins of one node; further ones are left out."""

MOST_NEWS = 50


@dataclass(slots=True)
class PluginFacts:
    """What is known of one plugin.

    Attributes:
        fate, error: as in its state; empty until that is known.
        fps, p50_ms: None until a health message has told them.
        last: label and score of its last finding; a measurement's value stands for the score.
        last_at: when that arrived, seconds of the monotonic clock.
        counts: findings by label, as its state has them.
        labels: all its findings so far by label.
    """

    use: str = ""
    fate: str = ""
    error: str = ""
    fps: float | None = None
    p50_ms: float | None = None
    last: tuple[str, float] | None = None
    last_at: float = 0.0
    counts: dict[str, int] = field(default_factory=dict)
    labels: Counter[str] = field(default_factory=Counter)
    messages: int = 0
    bytes: int = 0

    @property
    def findings(self) -> int:
        """How many findings have arrived."""
        return self.labels.total()


@dataclass(slots=True)
class NodeFacts:
    """What is known of one node.

    Attributes:
        state, reason: as in its status; empty until that is known.
        seen_bytes: of pictures and sound that its plugins have seen, as of its last health.
        sent_bytes: of payloads it has published, as of its last health.
        messages, bytes: all that has arrived from it, payloads only.
    """

    state: str = ""
    reason: str = ""
    seen_bytes: int = 0
    sent_bytes: int = 0
    messages: int = 0
    bytes: int = 0
    plugins: dict[str, PluginFacts] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class News:
    """What people should read, and when it arrived in seconds since the epoch."""

    at: float
    arrival: Arrival


class Board:
    """Takes arrivals, and knows how things stand. For one thread.

    Attributes:
        nodes: by id, in the order they were first heard of.
        news: the last events, changes of status and faults.
    """

    def __init__(self) -> None:
        self.nodes: OrderedDict[str, NodeFacts] = OrderedDict()
        self.news: deque[News] = deque(maxlen=MOST_NEWS)

    @property
    def messages(self) -> int:
        """How many have arrived from the nodes on the board."""
        return sum(node.messages for node in self.nodes.values())

    @property
    def bytes(self) -> int:
        """The bytes of their payloads."""
        return sum(node.bytes for node in self.nodes.values())

    def add(self, arrival: Arrival) -> None:
        """Take note of *arrival*."""
        node = self._node(arrival.node)
        node.messages += 1
        node.bytes += len(arrival.payload)
        plugin = _plugin(node, arrival.plugin)
        if _is_news(arrival, plugin):
            self.news.append(News(time.time(), arrival))
        if plugin is not None:
            plugin.messages += 1
            plugin.bytes += len(arrival.payload)
            _note_plugin(plugin, arrival)
        _note_node(node, arrival)

    def _node(self, name: str) -> NodeFacts:
        node = self.nodes.get(name)
        if node is None:
            if len(self.nodes) >= MOST_NODES:
                self.nodes.popitem(last=False)
            node = self.nodes[name] = NodeFacts()
        return node


def _plugin(node: NodeFacts, name: str) -> PluginFacts | None:
    if name in ("", OUTBOX) or (name not in node.plugins and len(node.plugins) >= MOST_PLUGINS):
        return None
    return node.plugins.setdefault(name, PluginFacts())


def _is_news(arrival: Arrival, plugin: PluginFacts | None) -> bool:
    match arrival.message:
        case Status() | Event() | Dropped():
            return True
        case State(error=error):
            return bool(error) and plugin is not None and error != plugin.error
    return False


def _note_node(node: NodeFacts, arrival: Arrival) -> None:
    match arrival.message:
        case Status(state=state, reason=reason):
            node.state, node.reason = state, reason
        case Birth(plugins=plugins):
            for meta in plugins:
                facts = _plugin(node, meta.id)
                if facts is not None:
                    facts.use = meta.use
        case Health(plugins=plugins, ingress=ingress, egress=egress):
            node.seen_bytes, node.sent_bytes = ingress.bytes, egress.bytes
            for name, figures in plugins.items():
                facts = _plugin(node, name)
                if facts is not None:
                    facts.fps, facts.p50_ms = figures.fps, figures.p50_ms


def _note_plugin(plugin: PluginFacts, arrival: Arrival) -> None:
    match arrival.message:
        case State(fate=fate, error=error, counts=counts):
            plugin.fate, plugin.error, plugin.counts = fate, error, counts
        case ResultMessage() | Event() as message:
            found = list(findings_of(message))
            plugin.labels.update(label for label, _ in found)
            if found:
                plugin.last = max(found, key=lambda one: one[1])
                plugin.last_at = time.monotonic()
