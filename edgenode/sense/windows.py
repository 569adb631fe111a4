"""Cuts the hops of a microphone into the windows a plugin sees."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from edgenode.plugin import SAMPLE_RATE, Audio, Cut


class Windows:
    """Yields full windows of gap-free audio only: nothing is ever scored on half a window."""

    def __init__(self, cut: Cut) -> None:
        self._cut = cut
        self._samples = np.zeros(0, np.int16)
        self._next: int | None = None

    @property
    def streams(self) -> bool:
        """Whether no window holds anything of the one before: the plugin must see every one."""
        return self._cut.hop >= self._cut.window

    def follows(self, hop: Audio) -> bool:
        """Return whether *hop* continues the stream, or begins one."""
        return self._next in (None, hop.position)

    def clear(self) -> None:
        """Begin a new stream."""
        self._samples = self._samples[:0]
        self._next = None

    def push(self, hop: Audio) -> Iterator[Audio]:
        """Yield each window that *hop* completes; its times are of its last sample."""
        self._samples = np.concatenate((self._samples, hop.samples))
        # The next window overlaps with this one: whoever changed it would change that one too.
        self._samples.flags.writeable = False
        self._next = end = hop.position + len(hop.samples)
        while len(self._samples) >= self._cut.window:
            start = end - len(self._samples)
            after = (end - start - self._cut.window) / SAMPLE_RATE
            window = self._samples[: self._cut.window]
            # Cut before it is handed out: the reader may stop taking windows here.
            self._samples = self._samples[self._cut.hop :]
            yield replace(
                hop,
                samples=window,
                position=start,
                captured_at=hop.captured_at - after,
                at_s=None if hop.at_s is None else hop.at_s - after,
            )
