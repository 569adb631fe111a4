"""Cuts the hops of a microphone into the windows that a plugin receives."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from edgenode.plugin import SAMPLE_RATE, Audio, Cut

LONGEST_FILLED = SAMPLE_RATE // 5
"""A gap of at most so many samples (200 ms) is filled with zeros; a longer one ends the stream.

It is the longest hop of a microphone, so that one lost hop is never the end.
"""

TAIL = SAMPLE_RATE
"""Samples of silence that follow a recording: its last word is then in the middle of a window."""


class Windows:
    """Yields windows only when they are complete. Short gaps in them are filled with zeros."""

    def __init__(self, cut: Cut) -> None:
        self._cut = cut
        self._samples = np.zeros(0, np.int16)
        self._last: Audio | None = None

    @property
    def streams(self) -> bool:
        """Whether windows do not overlap. The plugin must then receive every one of them."""
        return self._cut.hop >= self._cut.window

    def follows(self, hop: Audio) -> bool:
        """Return whether *hop* starts a stream, or continues it, perhaps after a short gap."""
        return 0 <= self._gap_before(hop) <= LONGEST_FILLED

    def clear(self) -> None:
        """Start a new stream: forget the samples so far."""
        self._samples = self._samples[:0]
        self._last = None

    def silence(self) -> Audio | None:
        """Return ``TAIL`` zeros that follow the stream; None if there is no stream."""
        last, lasts_s = self._last, TAIL / SAMPLE_RATE
        return last and replace(
            last,
            samples=np.zeros(TAIL, np.int16),
            position=last.position + len(last.samples),
            captured_at=last.captured_at + lasts_s,
            at_s=None if last.at_s is None else last.at_s + lasts_s,
        )

    def push(self, hop: Audio) -> Iterator[Audio]:
        """Yield each window that *hop* completes; its times are those of its last sample."""
        if gap := self._gap_before(hop):
            self._samples = np.concatenate((self._samples, np.zeros(gap, np.int16)))
        self._samples = np.concatenate((self._samples, hop.samples))
        # Windows are views of this array and overlap: a change in one would change the next one.
        self._samples.flags.writeable = False
        self._last = hop
        end = hop.position + len(hop.samples)
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

    def _gap_before(self, hop: Audio) -> int:
        """Return how many samples are missing before *hop*; below 0: it goes back."""
        last = self._last
        return 0 if last is None else hop.position - last.position - len(last.samples)
