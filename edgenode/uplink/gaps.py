"""Remembers which identities were dropped and why, so that every gap in seq is explained."""

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


class Gaps:
    """Dropped identities as ranges, until somebody takes them to explain them. For one thread.

    Neighbours merge, so there are about as many ranges as messages that still wait between them;
    beyond ``MOST`` of one run and reason the oldest are forgotten.
    """

    LARGEST = 256
    """Ranges in one ``Gap``: one message's worth."""

    MOST = 16_384
    TIDY = 1024

    def __init__(self) -> None:
        self._ranges: dict[tuple[Run, Reason], list[Range]] = {}

    def __bool__(self) -> bool:
        return bool(self._ranges)

    def add(self, identity: Identity, reason: Reason) -> None:
        """Remember that *identity* was dropped."""
        self.restore(Gap(identity.run, reason, ((identity.seq, identity.seq),)))

    def restore(self, gap: Gap) -> None:
        """Remember *gap* (again): its explanation did not leave."""
        ranges = self._ranges.setdefault((gap.of, gap.reason), [])
        for new in gap.ranges:
            # What is dropped next is nearly always the neighbour of what was dropped last.
            if ranges and ranges[-1][1] + 1 == new[0]:
                ranges[-1] = (ranges[-1][0], new[1])
            else:
                ranges.append(new)
                if len(ranges) % self.TIDY == 0:
                    ranges[:] = _merged(ranges)[-self.MOST :]

    def take(self) -> Gap | None:
        """Return and forget ``LARGEST`` ranges of one run and reason at most; None: no gaps."""
        if not self._ranges:
            return None
        (of, reason), ranges = next(iter(self._ranges.items()))
        ranges = _merged(ranges)
        left = ranges[self.LARGEST :]
        if left:
            self._ranges[of, reason] = left
        else:
            del self._ranges[of, reason]
        return Gap(of, reason, tuple(ranges[: self.LARGEST]))


def _merged(ranges: list[Range]) -> list[Range]:
    merged: list[Range] = []
    for first, last in sorted(ranges):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged
