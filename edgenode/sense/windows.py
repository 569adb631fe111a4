"""Cuts the hops of a microphone into the windows that a plugin receives."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from edgenode.plugin import SAMPLE_RATE, Audio, Cut


class Windows:
    """Yields windows only when they are complete and without a gap."""

    def __init__(self, cut: Cut) -> None:
        self._cut = cut
        self._samples = np.zeros(0, np.int16)
        self._next: int | None = None

    @property
    def streams(self) -> bool:
        """Whether windows do not overlap. The plugin must then receive every one of them."""
        return self._cut.hop >= self._cut.window

    def follows(self, hop: Audio) -> bool:
        """Return whether *hop* starts a stream, or continues it without a gap."""
        return self._next in (None, hop.position)

    def clear(self) -> None:
        """Start a new stream: forget the samples so far."""
        self._samples = self._samples[:0]
        self._next = None

    def push(self, hop: Audio) -> Iterator[Audio]:
        """Yield each window that *hop* completes; its times are those of its last sample."""
        self._samples = np.concatenate((self._samples, hop.samples))
        # Windows are views of this array and overlap: a change in one would change the next one.
        self._samples.flags.writeable = False
        self._next = end = hop.position + len(hop.samples)
        while len(self._samples) >= self._cut.window:
            start = end - len(self._samples)
            after = (end - start - self._cut.window) / SAMPLE_RATE
            window = self._samples[: self._cut.window]
            # Before the yield: the caller may not ask for the rest of the windows.
            self._samples = self._samples[self._cut.hop :]
            yield replace(
                hop,
                samples=window,
                position=start,
                captured_at=hop.captured_at - after,
                at_s=None if hop.at_s is None else hop.at_s - after,
            )
