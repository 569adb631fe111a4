"""Remembers which findings were dropped and why, until a report of it has reached the broker."""

import itertools
import time
from bisect import bisect_right
from typing import Literal, TypeAlias

import msgspec

from edgenode.messages import Identity, Run

Reason: TypeAlias = Literal["overflow", "expired", "refused"]
Range: TypeAlias = tuple[int, int]


class Gap(msgspec.Struct, frozen=True):
    """Findings of the run *of* that were dropped for one reason, as ranges of seq, both ends in."""

    of: Run
    reason: Reason
    ranges: tuple[Range, ...]


class DropReport(msgspec.Struct, frozen=True):
    """A message of the outbox itself: which findings it dropped."""

    gap: Gap
    captured_at: float


class Gaps:
    """Seqs that were dropped, as ranges, until the broker has their report.

    For one thread, or under its owner's lock. Reports get identities of *run*, this start of the
    uplink: they are findings of nobody.

    ``take`` returns a gap to be reported. Later it is confirmed, or given up if the broker refuses
    the report. Neighbouring ranges are merged, so their number is bounded by the number of entries
    that wait between them. Above ``MOST_RANGES`` of one run and reason the oldest is forgotten.

    Attributes:
        dropped: results, events and refused reports since the start.
    """

    MOST_REPORTED = 256
    """Ranges in one ``Gap``, so that its message stays below 10 kB."""

    MOST_RANGES = 16_384

    def __init__(self, run: Run) -> None:
        self._run = run
        self._seq = itertools.count(1)
        self._ranges: dict[tuple[Run, Reason], list[Range]] = {}
        self._reported: list[Gap] = []
        self.dropped = 0

    def add(self, run: Run, reason: Reason, first: int, last: int) -> None:
        """Count and remember that all seqs from *first* to *last* were dropped."""
        self.dropped += last - first + 1
        ranges = self._ranges.setdefault((run, reason), [])
        place = bisect_right(ranges, (first, last))
        # Merge with the neighbours: the oldest goes first, so nearly always there is one.
        if place and ranges[place - 1][1] >= first - 1:
            place -= 1
            before = ranges.pop(place)
            first, last = before[0], max(before[1], last)
        while place < len(ranges) and ranges[place][0] <= last + 1:
            last = max(last, ranges.pop(place)[1])
        ranges.insert(place, (first, last))
        if len(ranges) > self.MOST_RANGES:
            del ranges[0]

    def take(self) -> tuple[Identity, DropReport] | None:
        """Return the next report and its identity, None if there is nothing to report."""
        if not self._ranges:
            return None
        (of, reason), ranges = next(iter(self._ranges.items()))
        gap = Gap(of, reason, tuple(ranges[: self.MOST_REPORTED]))
        del ranges[: self.MOST_REPORTED]
        if not ranges:
            del self._ranges[of, reason]
        self._reported.append(gap)
        return Identity(self._run, next(self._seq)), DropReport(gap, time.time())

    def confirm(self, gap: Gap) -> None:
        """Forget *gap*: the broker has its report."""
        self._reported.remove(gap)

    def give_up(self, gap: Gap) -> None:
        """Forget *gap*: the broker refuses its report."""
        # A report of the refused report would be refused as well, and so on for ever.
        self.confirm(gap)
        self.dropped += 1

    def lowest(self, run: Run) -> int | None:
        """Return the lowest dropped seq of *run* whose report the broker does not have yet."""
        firsts = [ranges[0][0] for (of, _), ranges in self._ranges.items() if of == run]
        firsts += [gap.ranges[0][0] for gap in self._reported if gap.of == run]
        return min(firsts, default=None)
