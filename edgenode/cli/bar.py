"""A progress bar on one line of a terminal; silent where there is no terminal."""

import shutil
import time
from typing import TextIO

WIDTH = 24
PERIOD_S = 0.1
ERASE = "\r\x1b[K"


def mib(size: int) -> str:
    """Return *size* bytes in words."""
    return f"{size / 2**20:.1f} MiB" if size >= 1 << 20 else f"{size / 1024:.1f} KiB"


class Bar:
    """Shows how far one file is; to be called with the bytes there are and those there will be."""

    def __init__(self, name: str, stream: TextIO) -> None:
        self._name = name
        self._stream = stream
        self._visible = stream.isatty()
        self._drawn_at = -PERIOD_S

    def __call__(self, have: int, total: int | None) -> None:
        """Draw, unless it was drawn a moment ago."""
        now = time.monotonic()
        if not self._visible or now - self._drawn_at < PERIOD_S:
            return
        self._drawn_at = now
        line = f"{self._name} {mib(have)}"
        if total:
            full = min(WIDTH, WIDTH * have // total)
            line = f"[{'#' * full}{'.' * (WIDTH - full)}] {100 * have // total:3} % {line}"
        columns = shutil.get_terminal_size().columns
        self._stream.write(f"{ERASE}{line[: columns - 1]}")
        self._stream.flush()

    def erase(self) -> None:
        """Leave the line empty for what is printed next."""
        if self._visible:
            self._stream.write(ERASE)
            self._stream.flush()
