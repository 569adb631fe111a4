"""The live table of nodes and plugins: it and its ``_rows`` are all that knows rich exists."""

import time
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self, TypeAlias

from edgenode.backend.board import Board, News
from edgenode.cli._lines import line
from edgenode.cli._lines import size as amount
from edgenode.errors import EdgenodeError
from edgenode.text import printable

if TYPE_CHECKING:
    from rich.console import Console, Group
    from rich.table import Table
    from rich.text import Text

REDRAW_S = 0.25
NEWS_LINES = 8
FAULT_LINES = 4

FRAME_LINES = 4
"""Lines of the table that are no rows: its heading, and what is around it."""

LONGEST_NAME, LONGEST_FINDING = 40, 20
"""Characters of a node's or plugin's name, and of a finding, for which columns are left out."""

Column: TypeAlias = tuple[str, Literal["left", "right"], int]

COLUMNS: tuple[Column, ...] = (
    ("node", "left", 10),
    ("state", "left", 8),
    ("fps", "right", 4),
    ("p50 ms", "right", 6),
    ("last finding", "left", 12),
    ("ago", "right", 4),
    ("now", "left", 7),
    ("msgs", "right", 4),
    ("bytes", "right", 7),
)
"""Heading, alignment and width; without a width the columns would move with their content."""

DROPPED = ("bytes", "msgs", "p50 ms", "ago", "fps")
"""The columns that are left out where the terminal is too narrow, the first of them first."""


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
        size = self._live.console.size
        drawn = render(self._board, self._title, self._trouble, (size.width, size.height))
        self._live.update(drawn, refresh=True)


def render(
    board: Board, title: str, trouble: str = "", size: tuple[int, int] = (100, 50)
) -> "Group":
    """Return the whole screen: a row for each node and plugin, what is wrong, the last messages.

    *size*: columns and lines of the terminal. What is longer is left out: the last messages stay.
    """
    from rich.console import Group
    from rich.text import Text

    # The title may have a second line, which is shown less bright.
    head, _, below = title.partition("\n")
    above = [Text(head, style="bold"), *([Text(below, style="dim")] if below else [])]
    if trouble:
        above.append(Text(trouble, style="red"))
    last = [*_faults(board), *_balance(board)]
    last += map(_news, list(board.news)[-NEWS_LINES:])
    if not board.nodes:
        return Group(*above, Text("\nnothing has arrived yet", style="dim"), *last)
    columns, lines = size
    room = max(lines - len(above) - len(last) - FRAME_LINES, 1)
    return Group(*above, _table(board, columns, room), *last)


def _table(board: Board, columns: int, room: int) -> "Table":
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from edgenode.cli._rows import rows

    found = list(rows(board, room))
    widths = {name: width for name, _, width in COLUMNS}
    name = max(row["node"].cell_len for row in found)
    widths["node"] = max(widths["node"], min(name, LONGEST_NAME))
    widths["last finding"] = max(widths["last finding"], min(_longest(board), LONGEST_FINDING))
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim")
    chosen = _columns(columns, widths)
    for heading, justify, _ in chosen:
        table.add_column(heading, justify=justify, min_width=widths[heading], no_wrap=True)
    for row in found:
        table.add_row(*(row.get(heading, Text("")) for heading, *_ in chosen))
    return table


def _longest(board: Board) -> int:
    """Return how long the longest finding so far is: its label, a space and its score."""
    plugins = (plugin for node in board.nodes.values() for plugin in node.plugins.values())
    return max((len(label) + 5 for plugin in plugins for label in plugin.labels), default=0)


def _columns(width: int, widths: Mapping[str, int]) -> list[Column]:
    """Return the columns that fit into *width* if each has its of *widths*."""
    chosen = list(COLUMNS)
    for dropped in DROPPED:
        if sum(widths[name] + 2 for name, *_ in chosen) <= width:
            break
        chosen = [column for column in chosen if column[0] != dropped]
    return chosen


def _faults(board: Board) -> Iterator["Text"]:
    from rich.text import Text

    faults = [
        printable(f"{node_id}/{name}: {plugin.error}")
        for node_id, node in board.nodes.items()
        for name, plugin in sorted(node.plugins.items())
        if plugin.error and node.state != "offline"
    ]
    for fault in faults[:FAULT_LINES]:
        yield Text(fault, style="red", no_wrap=True, overflow="ellipsis")
    if len(faults) > FAULT_LINES:
        yield Text(f"and {len(faults) - FAULT_LINES} faults more", style="red")


def _balance(board: Board) -> Iterator["Text"]:
    from rich.text import Text

    seen = sum(node.seen_bytes for node in board.nodes.values())
    sent = sum(node.sent_bytes for node in board.nodes.values())
    if seen and sent:
        yield Text(f"{amount(seen)} of pictures and sound seen, {amount(sent)} published\n")


def _news(news: News) -> "Text":
    from rich.text import Text

    at = time.strftime("%H:%M:%S ", time.localtime(news.at))
    text = Text(at, style="dim", no_wrap=True, overflow="ellipsis")
    return text.append(line(news.arrival), style="none")
