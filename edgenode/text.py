"""What a line of text may hold: nothing that ends it, moves the cursor or turns its direction."""

import re

FORBIDDEN = (
    "\x00-\x1f\x7f-\x9f"  # control characters: line ends, escape sequences
    "\u2028\u2029"  # separators of lines and paragraphs
    "\u202a-\u202e\u2066-\u2069"  # they turn the direction of what follows
    "\ufeff\ud800-\udfff"  # a byte order mark, halves of a character
)
"""The characters, as the inside of a set of a regular expression."""

_FORBIDDEN = re.compile(f"[{FORBIDDEN}]")


def forbidden(text: str) -> str:
    """Return the first character of *text* that may not be in a line, or an empty text."""
    found = _FORBIDDEN.search(text)
    return found[0] if found else ""


def printable(text: str) -> str:
    r"""Return *text* with an escape such as ``\x1b`` in place of each such character."""
    return _FORBIDDEN.sub(lambda found: ascii(found[0])[1:-1], text)


def one_line(text: str) -> str:
    """Return *text* with what no terminal should get, line ends among it, written as in Python.

    Stricter than ``printable``, which leaves the joiners that some scripts need in a word.
    """
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)
