"""The cells of the live table: a row for each node and plugin, as many as there is room for."""

import time
from collections import Counter
from collections.abc import Iterator
from typing import TypeAlias

from rich.text import Text

from edgenode.backend.board import Board, NodeFacts, PluginFacts
from edgenode.cli._lines import amounts, size
from edgenode.text import printable

RECENT_S = 2.0
"""A finding is highlighted for so long."""

STYLES = {"running": "green", "online": "green", "starting": "yellow", "finished": "yellow"}

Cells: TypeAlias = dict[str, Text]
"""The text of a row by the heading of its column; what is missing is empty."""


def rows(board: Board, room: int) -> Iterator[Cells]:
    """Yield at most *room* rows: every node, and their plugins as far as there is room for them.

    The plugins of a node for which there is none are counted in the node's own row.
    """
    nodes = list(board.nodes.items())
    shown = nodes if len(nodes) <= room else nodes[: max(room - 1, 0)]
    spare = room - len(shown)
    for name, node in shown:
        fits = len(node.plugins) <= spare
        yield _node(name, node, counted=not fits)
        if fits:
            spare -= len(node.plugins)
            for plugin, facts in sorted(node.plugins.items()):
                yield _plugin(plugin, facts, offline=node.state == "offline")
    if len(shown) < len(nodes):
        yield {"node": Text(f"and {len(nodes) - len(shown)} nodes more", style="dim")}


def _node(name: str, node: NodeFacts, *, counted: bool) -> Cells:
    # What plugins said before their node went offline is true no more: then why it went is shown.
    counted = counted and node.state != "offline"
    plugins = Counter(facts.fate for facts in node.plugins.values())
    return {
        "node": Text(name, style="bold"),
        "state": _state(node.state),
        "last finding": Text(amounts(dict(plugins)) if counted else node.reason, style="dim"),
        "msgs": Text(str(node.messages)),
        "bytes": Text(size(node.bytes)),
    }


def _plugin(name: str, plugin: PluginFacts, *, offline: bool) -> Cells:
    told = {
        "node": Text(f"  {name}"),
        "msgs": Text(str(plugin.messages)),
        "bytes": Text(size(plugin.bytes)),
    }
    if offline:
        # What it said last is true no more.
        return {key: Text(text.plain, style="dim") for key, text in told.items()}
    age_s = time.monotonic() - plugin.last_at
    label, score = plugin.last or ("", 0.0)
    finding = printable(f"{label} {score:.2f}") if label else ""
    return told | {
        "state": _state(plugin.fate),
        "fps": Text(_figure(plugin.fps, plugin.heard_hz)),
        "p50 ms": Text(_figure(plugin.p50_ms or None, plugin.ms)),
        "last finding": Text(finding, style="cyan" if age_s < RECENT_S else ""),
        "ago": Text(_age(age_s) if label else "", style="dim"),
        "now": Text(amounts(plugin.counts)),
    }


def _figure(told: float | None, seen: float | None) -> str:
    """Return what the node's health told; before it comes, what was seen here, as an estimate."""
    if told is not None:
        return f"{told:.1f}"
    return "" if seen is None else f"~{seen:.1f}"


def _state(state: str) -> Text:
    return Text(state, style=STYLES.get(state, "red"))


def _age(seconds: float) -> str:
    for unit, length in (("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"
