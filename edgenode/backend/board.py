"""Keeps the latest of every node and plugin, as received. It shows nothing itself."""

import time
from collections import Counter, OrderedDict, deque
from dataclasses import dataclass, field

from edgenode.backend.arrivals import OUTBOX, Arrival
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

MOST_NEWS = 50

HEARD, FEWEST = 20, 3
"""How many arrivals tell a rate, at most and at least."""


@dataclass(slots=True)
class PluginFacts:
    """What is known of one plugin.

    Attributes:
        fate, error: as in its state; empty until that is known.
        fps, p50_ms: as in the node's health; None until that is known.
        ms: duration of its last inference that was published; None until there is one.
        heard: when its last results and events arrived, seconds of the monotonic clock.
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
    ms: float | None = None
    heard: deque[float] = field(default_factory=lambda: deque(maxlen=HEARD))
    last: tuple[str, float] | None = None
    last_at: float = 0.0
    counts: dict[str, int] = field(default_factory=dict)
    labels: Counter[str] = field(default_factory=Counter)
    messages: int = 0
    bytes: int = 0

    @property
    def heard_hz(self) -> float | None:
        """Results and events that arrive per second; None while there are too few to tell."""
        if len(self.heard) < FEWEST or self.heard[-1] <= self.heard[0]:
            return None
        return (len(self.heard) - 1) / (self.heard[-1] - self.heard[0])

    @property
    def findings(self) -> int:
        """Number of findings that have arrived."""
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
    """A message that people should read, and when it arrived, in seconds since the epoch."""

    at: float
    arrival: Arrival


class Board:
    """Keeps the latest of *most_nodes* nodes and of *most_plugins* plugins each. For one thread.

    If there is one node more, the one that came first is forgotten; further plugins are ignored.

    Attributes:
        nodes: by id, in the order of their first message.
        news: the last events, changes of status and faults.
    """

    def __init__(self, most_nodes: int = 1_000, most_plugins: int = 256) -> None:
        # Both bounded: names are in topics, and whoever may publish may make up any number.
        self._most_nodes = most_nodes
        self._most_plugins = most_plugins
        self.nodes: OrderedDict[str, NodeFacts] = OrderedDict()
        self.news: deque[News] = deque(maxlen=MOST_NEWS)

    @property
    def messages(self) -> int:
        """Number of messages from the nodes on the board."""
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
        plugin = self._plugin(node, arrival.plugin)
        # Before the plugin's facts change: a fault is news only if it differs from the last.
        if _is_news(arrival, plugin):
            self.news.append(News(time.time(), arrival))
        if plugin is not None:
            plugin.messages += 1
            plugin.bytes += len(arrival.payload)
            _note_plugin(plugin, arrival)
        self._note_node(node, arrival)

    def _node(self, name: str) -> NodeFacts:
        node = self.nodes.get(name)
        if node is None:
            if len(self.nodes) >= self._most_nodes:
                self.nodes.popitem(last=False)
            node = self.nodes[name] = NodeFacts()
        return node

    def _plugin(self, node: NodeFacts, name: str) -> PluginFacts | None:
        is_full = len(node.plugins) >= self._most_plugins
        if name in ("", OUTBOX) or (is_full and name not in node.plugins):
            return None
        return node.plugins.setdefault(name, PluginFacts())

    def _note_node(self, node: NodeFacts, arrival: Arrival) -> None:
        match arrival.message:
            case Status(state=state, reason=reason):
                node.state, node.reason = state, reason
            case Birth(plugins=plugins):
                for meta in plugins:
                    facts = self._plugin(node, meta.id)
                    if facts is not None:
                        facts.use = meta.use
            case Health(plugins=plugins, ingress=ingress, egress=egress):
                node.seen_bytes, node.sent_bytes = ingress.bytes, egress.bytes
                for name, figures in plugins.items():
                    facts = self._plugin(node, name)
                    if facts is not None:
                        facts.fps, facts.p50_ms = figures.fps, figures.p50_ms


def _is_news(arrival: Arrival, plugin: PluginFacts | None) -> bool:
    match arrival.message:
        case Status() | Event() | Dropped():
            return True
        case State(error=error):
            return bool(error) and plugin is not None and error != plugin.error
    return False


def _note_plugin(plugin: PluginFacts, arrival: Arrival) -> None:
    match arrival.message:
        case State(fate=fate, error=error, counts=counts):
            plugin.fate, plugin.error, plugin.counts = fate, error, counts
        case ResultMessage() | Event() as message:
            plugin.heard.append(time.monotonic())
            if isinstance(message, ResultMessage):
                plugin.ms = message.ms or None
            found = list(findings_of(message))
            plugin.labels.update(label for label, _ in found)
            if found:
                plugin.last = max(found, key=lambda one: one[1])
                plugin.last_at = time.monotonic()
