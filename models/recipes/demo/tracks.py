"""Tracks: numbers that change as a clip goes on."""

from bisect import bisect_right
from dataclasses import dataclass


@dataclass(frozen=True)
class Track:
    """A number over time, known at some moments and gliding from each to the next.

    Before the first and after the last moment it rests.
    """

    moments: tuple[tuple[float, float], ...]
    """Seconds and value, in the order of time."""

    def at(self, time_s: float) -> float:
        """Return the value at *time_s*."""
        after = bisect_right(self.moments, time_s, key=lambda moment: moment[0])
        if after == 0:
            return self.moments[0][1]
        if after == len(self.moments):
            return self.moments[-1][1]
        (begin_s, begin), (end_s, end) = self.moments[after - 1 : after + 1]
        return begin + (end - begin) * eased((time_s - begin_s) / (end_s - begin_s))

    def speed(self, time_s: float) -> float:
        """Return how fast the value changes, per second."""
        return (self.at(time_s + STEP_S) - self.at(time_s - STEP_S)) / (2 * STEP_S)


STEP_S = 0.02
EASE = 0.25


def eased(part: float) -> float:
    """Return how far one has come at *part* of the time: slow at both ends, steady between.

    The first and the last ``EASE`` of the time are a start and a stop under constant acceleration.
    """
    top = 1.0 / (1.0 - EASE)
    if part < EASE:
        return top * part**2 / (2 * EASE)
    if part > 1 - EASE:
        return 1.0 - top * (1 - part) ** 2 / (2 * EASE)
    return top * (part - EASE / 2)
