"""Remembers which identities were dropped and why, so that every gap in seq is explained."""

import itertools
import time
from bisect import bisect_right
from typing import Literal, TypeAlias

import msgspec

from edgenode.messages import Identity, Run

Reason: TypeAlias = Literal["overflow", "expired", "refused"]
Range: TypeAlias = tuple[int, int]


class Gap(msgspec.Struct, frozen=True):
    """Ranges of seq of one run that were dropped for one reason; both ends are dropped."""

    of: Run
    reason: Reason
    ranges: tuple[Range, ...]


class Report(msgspec.Struct, frozen=True):
    """What the outbox says itself: what it had to drop."""

    gap: Gap
    captured_at: float


class Gaps:
    """Dropped identities as ranges, until a report of them has arrived. For one thread.

    Reports have identities of *run*, this start of the uplink.

    A gap is taken to be reported, and then confirmed, or restored where its report did not leave.
    Neighbours merge, so there are about as many ranges as messages that still wait between them;
    beyond ``MOST`` of one run and reason the oldest are forgotten.

    Attributes:
        dropped: how many results, events and reports.
    """

    LARGEST = 256
    """Ranges in one ``Gap``: one message's worth."""

    MOST = 16_384

    def __init__(self, run: Run) -> None:
        self._run = run
        self._seq = itertools.count(1)
        self._ranges: dict[tuple[Run, Reason], list[Range]] = {}
        self._reported: list[Gap] = []
        self.dropped = 0

    def __bool__(self) -> bool:
        return bool(self._ranges)

    def add(self, run: Run, reason: Reason, first: int, last: int) -> None:
        """Count and remember that all from *first* to *last* were dropped."""
        self.dropped += last - first + 1
        self._remember(run, reason, first, last)

    def take(self) -> tuple[Identity, Report] | None:
        """Return a report of at most ``LARGEST`` ranges of one run and reason, if there are any."""
        if not self._ranges:
            return None
        (of, reason), ranges = next(iter(self._ranges.items()))
        gap = Gap(of, reason, tuple(ranges[: self.LARGEST]))
        del ranges[: self.LARGEST]
        if not ranges:
            del self._ranges[of, reason]
        self._reported.append(gap)
        return Identity(self._run, next(self._seq)), Report(gap, time.time())

    def confirm(self, gap: Gap) -> None:
        """The report of *gap* has arrived: it need not be remembered."""
        self._reported.remove(gap)

    def restore(self, gap: Gap) -> None:
        """The report of *gap* did not leave: remember it again."""
        self._reported.remove(gap)
        for first, last in gap.ranges:
            self._remember(gap.of, gap.reason, first, last)

    def give_up(self, gap: Gap) -> None:
        """The broker refuses the report of *gap*, which is not reported: there would be no end."""
        self.confirm(gap)
        self.dropped += 1

    def lowest(self, run: Run) -> int | None:
        """Return the lowest seq of *run* that was dropped and whose report has not arrived."""
        firsts = [ranges[0][0] for (of, _), ranges in self._ranges.items() if of == run]
        firsts += [gap.ranges[0][0] for gap in self._reported if gap.of == run]
        return min(firsts, default=None)

    def _remember(self, run: Run, reason: Reason, first: int, last: int) -> None:
        ranges = self._ranges.setdefault((run, reason), [])
        place = bisect_right(ranges, (first, last))
        # Merge with the neighbours: what is dropped next is nearly always one of them.
        if place and ranges[place - 1][1] >= first - 1:
            place -= 1
            before = ranges.pop(place)
            first, last = before[0], max(before[1], last)
        while place < len(ranges) and ranges[place][0] <= last + 1:
            last = max(last, ranges.pop(place)[1])
        ranges.insert(place, (first, last))
        if len(ranges) > self.MOST:
            del ranges[0]
