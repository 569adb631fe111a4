"""A progress bar on one line of a terminal; without a terminal it prints nothing."""

import shutil
import time
from typing import TextIO

WIDTH = 24
REDRAW_S = 0.1
ERASE = "\r\x1b[K"


def mib(size: int) -> str:
    """Return *size*, a number of bytes, with a unit: ``1.5 MiB``."""
    return f"{size / 2**20:.1f} MiB" if size >= 1 << 20 else f"{size / 1024:.1f} KiB"


class Bar:
    """Shows the progress of one file. Call it with the bytes there are and the size of the file."""

    def __init__(self, name: str, stream: TextIO) -> None:
        self._name = name
        self._stream = stream
        self._visible = stream.isatty()
        self._drawn_at = -REDRAW_S

    def __call__(self, have: int, total: int | None) -> None:
        """Draw, unless the last drawing is less than ``REDRAW_S`` old."""
        now = time.monotonic()
        if not self._visible or now - self._drawn_at < REDRAW_S:
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
        """Clear the line, so that the next output starts on an empty one."""
        if self._visible:
            self._stream.write(ERASE)
            self._stream.flush()
