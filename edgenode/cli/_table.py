"""The live table of nodes and plugins: the only module that knows rich exists."""

import time
from collections.abc import Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self

from edgenode.backend.board import Board, News, NodeFacts, PluginFacts
from edgenode.cli._lines import amounts, line, size
from edgenode.errors import EdgenodeError
from edgenode.text import printable

if TYPE_CHECKING:
    from rich.console import Console, Group
    from rich.table import Table
    from rich.text import Text

REDRAW_S = 0.25
NEWS_LINES = 8
RECENT_S = 2.0
"""A finding is highlighted for so long."""

COLUMNS: tuple[tuple[str, Literal["left", "right"], int], ...] = (
    ("node", "left", 10),
    ("state", "left", 8),
    ("fps", "right", 4),
    ("p50 ms", "right", 6),
    ("last finding", "left", 12),
    ("ago", "right", 4),
    ("now", "left", 8),
    ("msgs", "right", 4),
    ("bytes", "right", 7),
)
"""Heading, alignment and width; without a width the columns would move with their content."""

STYLES = {"running": "green", "online": "green", "starting": "yellow", "finished": "yellow"}


class Screen:
    """Redraws the table in place. The last drawing stays on the terminal."""

    def __init__(self, title: str, console: "Console | None" = None) -> None:
        """Raise ``EdgenodeError`` if rich is not installed."""
        try:
            from rich.console import Console
            from rich.live import Live
        except ImportError as error:
            raise EdgenodeError(
                "the live table needs rich: pip install 'edgenode[demo]', or use --json"
            ) from error
        self._title = title
        self._live = Live(console=console or Console(), auto_refresh=False)
        self._board = Board()
        self._trouble = ""
        self._drawn_at = 0.0

    def __enter__(self) -> Self:
        """Start to draw on the terminal."""
        self._live.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Draw a last time and release the terminal."""
        self._draw()
        self._live.__exit__(kind, error, trace)

    def draw(self, board: Board, trouble: str) -> None:
        """Draw *board*, unless the last drawing is less than ``REDRAW_S`` old."""
        self._board, self._trouble = board, trouble
        # Called for every message: drawing each time would take a whole core.
        if time.monotonic() - self._drawn_at >= REDRAW_S:
            self._draw()

    def _draw(self) -> None:
        self._drawn_at = time.monotonic()
        self._live.update(render(self._board, self._title, self._trouble), refresh=True)


def render(board: Board, title: str, trouble: str = "") -> "Group":
    """Return the whole screen: a row for each node and plugin, what is wrong, the last messages."""
    from rich.console import Group
    from rich.text import Text

    # The title may have a second line, which is shown less bright.
    head, _, below = title.partition("\n")
    lines = [Text(head, style="bold"), *([Text(below, style="dim")] if below else [])]
    if trouble:
        lines.append(Text(trouble, style="red"))
    body = _table(board) if board.nodes else Text("\nnothing has arrived yet", style="dim")
    news = list(board.news)[-NEWS_LINES:]
    return Group(*lines, body, *_faults(board), *_balance(board), *map(_news, news))


def _table(board: Board) -> "Table":
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim")
    for name, justify, width in COLUMNS:
        table.add_column(name, justify=justify, min_width=width, no_wrap=True)
    for node_id, node in board.nodes.items():
        table.add_row(*_node_cells(node_id, node))
        for name, plugin in sorted(node.plugins.items()):
            style = "dim" if node.state == "offline" else ""
            table.add_row(*_plugin_cells(name, plugin), style=style)
    return table


def _node_cells(name: str, node: NodeFacts) -> Iterator["Text"]:
    from rich.text import Text

    yield Text(name, style="bold")
    yield _state(node.state)
    yield from (Text(""), Text(""))
    yield Text(node.reason, style="dim")
    yield from (Text(""), Text(""))
    yield Text(str(node.messages))
    yield Text(size(node.bytes))


def _plugin_cells(name: str, plugin: PluginFacts) -> Iterator["Text"]:
    from rich.text import Text

    age_s = time.monotonic() - plugin.last_at
    label, score = plugin.last or ("", 0.0)
    yield Text(f"  {name}")
    yield _state(plugin.fate)
    yield Text("" if plugin.fps is None else f"{plugin.fps:.1f}")
    yield Text(f"{plugin.p50_ms:.1f}" if plugin.p50_ms else "")
    yield Text(
        printable(f"{label} {score:.2f}") if label else "", style="cyan" if age_s < RECENT_S else ""
    )
    yield Text(_age(age_s) if label else "", style="dim")
    yield Text(amounts(plugin.counts))
    yield Text(str(plugin.messages))
    yield Text(size(plugin.bytes))


def _state(state: str) -> "Text":
    from rich.text import Text

    return Text(state, style=STYLES.get(state, "red"))


def _age(seconds: float) -> str:
    for unit, length in (("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"


def _faults(board: Board) -> Iterator["Text"]:
    from rich.text import Text

    for node_id, node in board.nodes.items():
        for name, plugin in sorted(node.plugins.items()):
            if plugin.error:
                yield Text(printable(f"{node_id}/{name}: {plugin.error}"), style="red")


def _balance(board: Board) -> Iterator["Text"]:
    from rich.text import Text

    seen = sum(node.seen_bytes for node in board.nodes.values())
    sent = sum(node.sent_bytes for node in board.nodes.values())
    if seen and sent:
        yield Text(f"{size(seen)} of pictures and sound seen, {size(sent)} published\n")


def _news(news: News) -> "Text":
    from rich.text import Text

    text = Text(time.strftime("%H:%M:%S ", time.localtime(news.at)), style="dim", no_wrap=True)
    return text.append(line(news.arrival), style="none")
