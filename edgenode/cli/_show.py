"""How `edgenode watch` and `edgenode demo` show messages: as a table, plain lines or JSON."""

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import TypeAlias

from edgenode.backend.arrivals import Arrival
from edgenode.backend.board import Board
from edgenode.cli._lines import line, verbatim

Show: TypeAlias = Callable[[Arrival | None, Board, str], None]
"""Shows an arrival, which is on the board already. Called a few times a second without one.

The text says why nothing can arrive; it is empty if the connection is up.
"""


@contextlib.contextmanager
def view(title: str, *, as_json: bool) -> Iterator[Show]:
    """Yield the function that shows: JSON if *as_json*, a table on a terminal, else plain lines.

    Raise ``EdgenodeError`` if the package of the table is not installed.
    """
    # Output that goes into a file or a pipe gets lines: a table would be control characters there.
    if as_json or not sys.stdout.isatty():
        yield _Lines(as_json=as_json)
        return
    # Imported here: rich is optional, and only the table needs it.
    from edgenode.cli._table import Screen

    with Screen(title) as screen:
        yield lambda _arrival, board, trouble: screen.draw(board, trouble)


class _Lines:
    """Prints a line per message. A trouble is printed on stderr when it changes."""

    def __init__(self, *, as_json: bool) -> None:
        self._text = verbatim if as_json else line
        self._trouble = ""

    def __call__(self, arrival: Arrival | None, _board: Board, trouble: str) -> None:
        if arrival is not None:
            print(self._text(arrival), flush=True)
        if trouble and trouble != self._trouble:
            print(f"edgenode: {trouble}", file=sys.stderr, flush=True)
        self._trouble = trouble
