"""Cuts the hops of a microphone into the windows that a plugin receives."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from edgenode.plugin import SAMPLE_RATE, Audio, Cut

Samples: TypeAlias = NDArray[np.int16]

LONGEST_FILLED = SAMPLE_RATE // 5
"""A gap of at most so many samples (200 ms) is bridged; a longer one ends the stream.

It is the longest hop of a microphone, so that one lost hop is never the end.
"""

BESIDE = SAMPLE_RATE // 50
"""Samples on each side of a gap that it is filled with."""

TAIL = SAMPLE_RATE
"""Samples of silence that follow a recording: its last word is then in the middle of a window."""


class Windows:
    """Yields windows only when they are complete. Short gaps in them are filled, see ``bridge``."""

    def __init__(self, cut: Cut) -> None:
        self._cut = cut
        self._samples = np.zeros(0, np.int16)
        # The last ones at least `BESIDE` of the stream: `_samples` may hold fewer.
        self._recent = self._samples
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
        self._samples = self._recent = np.zeros(0, np.int16)
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
        new = hop.samples
        if gap := self._gap_before(hop):
            new = np.concatenate((bridge(self._recent, hop.samples, gap), hop.samples))
        self._samples = np.concatenate((self._samples, new))
        self._recent = new if len(new) >= BESIDE else np.concatenate((self._recent, new))[-BESIDE:]
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


def bridge(before: Samples, after: Samples, gap: int) -> Samples:
    """Return *gap* samples between *before* and *after*: both mirrored, one faded into the other.

    Against zeros they have no edge, where an offset of the microphone would make a click, and the
    loudness and colour of the sound around.
    """
    back, forth = _to_and_fro(before[::-1], gap), _to_and_fro(after, gap)[::-1]
    share = np.linspace(0.0, 1.0, gap + 2, dtype=np.float32)[1:-1]
    return (back + (forth - back) * share).astype(np.int16)


def _to_and_fro(samples: Samples, count: int) -> NDArray[np.float32]:
    """Return *count* samples: *samples*, at most ``BESIDE`` of them, to and fro."""
    near = samples[:BESIDE]
    return np.resize(np.concatenate((near, near[::-1])), count).astype(np.float32)
