"""Cuts the hops of a microphone into the windows a plugin sees."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from edgenode.plugin import SAMPLE_RATE, Audio, Cut


class Windows:
    """Yields full windows of gap-free audio only: nothing is ever scored on half a window.

    Attributes:
        gaps: how often the stream was interrupted and the window began anew.
    """

    def __init__(self, cut: Cut) -> None:
        self._cut = cut
        self._samples = np.zeros(0, np.int16)
        self._next: int | None = None
        self.gaps = 0

    def interrupted(self, hop: Audio) -> bool:
        """Return whether *hop* does not continue the stream; then forget what came before."""
        if self._next in (None, hop.position):
            return False
        self._samples = self._samples[:0]
        self._next = None
        self.gaps += 1
        return True

    def push(self, hop: Audio) -> Iterator[Audio]:
        """Yield each window that *hop* completes; its times are of its last sample."""
        self._samples = np.concatenate((self._samples, hop.samples))
        self._next = end = hop.position + len(hop.samples)
        while len(self._samples) >= self._cut.window:
            start = end - len(self._samples)
            after = (end - start - self._cut.window) / SAMPLE_RATE
            yield replace(
                hop,
                samples=self._samples[: self._cut.window],
                position=start,
                captured_at=hop.captured_at - after,
                at_s=None if hop.at_s is None else hop.at_s - after,
            )
            self._samples = self._samples[self._cut.hop :]
