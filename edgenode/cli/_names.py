"""Names of files as text that can be printed: they may be any bytes, and hold line breaks."""

import os
from pathlib import Path

from edgenode.text import one_line


def as_text(path: Path | str) -> str:
    r"""Return *path* as valid Unicode, for JSON: bytes that are not UTF-8 become ``\xff``."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def as_line(path: Path | str) -> str:
    r"""Return *path* for one line of text: what cannot be printed becomes an escape like ``\n``."""
    return one_line(as_text(path))
