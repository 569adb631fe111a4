"""How a test plays recordings, and a clock that waits for nobody."""

from pathlib import Path

import msgspec

from edgenode import plugin
from edgenode.sense.sources.replay import Replay, ReplayOptions


class Clock:
    """Time that only passes when somebody sleeps."""

    now = 1_000_000.0

    def time(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def replay(path: Path | list[Path], **chosen: object) -> list[plugin.Sample]:
    """Return all samples of *path*, as fast as possible."""
    paths = [str(p) for p in path] if isinstance(path, list) else str(path)
    options = msgspec.convert({"pace": "fast", "path": paths} | chosen, ReplayOptions)
    with Replay(options) as source:
        return list(source.samples())
