"""Keeps findings, bounded and in order, until the broker has acknowledged them."""

import itertools
import threading
import time
from collections.abc import Callable, Iterable
from typing import TypeAlias

import msgspec

from edgenode import clock
from edgenode.config import Outbox as Limits
from edgenode.handover import Record, ResultRecord
from edgenode.handover.findings import Findings
from edgenode.messages import Identity, OutboxHealth, Run
from edgenode.uplink.gaps import Gaps, Reason, Report
from edgenode.uplink.sense_run import SenseRun

REPORT_SIZE = 100
"""Bytes that a report of the outbox counts for in the limit of bytes."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A finding, or a report of the outbox, on its way to the broker.

    Attributes:
        order: its place in the outbox.
        identity: as sense gave it; for a report: run and seq of the uplink.
        clock: ``clock.offset()`` when it was captured.
        size: bytes it counts for.
        since: when it arrived, in monotonic seconds.
    """

    order: int
    identity: Identity
    message: Record | Report
    clock: float
    size: int
    since: float

    @property
    def event(self) -> bool:
        """Whether it is an event or a report: results are dropped before these."""
        return not isinstance(self.message, ResultRecord)


class Departure(msgspec.Struct, frozen=True):
    """An entry in flight, and when it was first sent.

    Attributes:
        at: when it was first sent, in seconds since the epoch.
        step_s: by how many seconds the clock had been set between capture and ``at``.
        again: this is not the first attempt.
    """

    entry: Entry
    at: float
    step_s: float
    again: bool = False


Batch: TypeAlias = list[Departure]


def _nobody() -> None:
    """Notify nobody."""


class Outbox:
    """Keeps entries from ``add`` until ``end``. For any thread.

    It is in memory and is lost with the process; sense has a copy of everything not ``kept``.

    *added* is called after something was added, *ended* after an entry has left, so that ``kept``
    may be higher. Neither is called under the lock.
    """

    def __init__(
        self,
        limits: Limits,
        run: Run,
        added: Callable[[], None] = _nobody,
        ended: Callable[[], None] = _nobody,
    ) -> None:
        self._limits = limits
        self._added = added
        self._ended = ended
        # Guards all fields below. Taken by the receiver's thread (open, add, reject, kept), the
        # client's (begin, end, disconnected, expire, health) and the main one (health, for the
        # status line).
        self._lock = threading.Lock()
        self._findings: Findings[Entry] = Findings(limits.messages, limits.bytes)
        self._departures: dict[int, Departure] = {}
        self._sense = SenseRun()
        self._gaps = Gaps(run)
        self._order = itertools.count(1)
        self._resent = 0

    def open(self, run: Run, kept: int) -> int:
        """Take note that sense has connected as *run*, of which all up to seq *kept* is safe.

        Return up to which seq it is safe as far as the outbox knows.
        """
        with self._lock:
            self._sense.begin(run, kept)
            return self._kept()

    def add(self, seq: int, record: Record, clock: float, size: int) -> bool:
        """Keep a finding of the run given to ``open``; return False if it was received before.

        A seq that is left out was dropped by sense, and is reported as dropped. If the limits are
        reached, the oldest result is dropped, or the oldest event if there is no result.
        """
        with self._lock:
            if not self._accept(seq):
                return False
            self._add(Identity(self._sense.run, seq), record, clock, size)
        self._added()
        return True

    def reject(self, seq: int) -> None:
        """Report this finding as refused: it is not in the contract."""
        with self._lock:
            if self._accept(seq):
                self._gaps.add(self._sense.run, "refused", seq, seq)
        self._added()

    def kept(self) -> int:
        """Return the highest seq up to which all findings of the run are safe.

        Safe means that the broker has acknowledged the finding, or the report that it was dropped.
        """
        with self._lock:
            return self._kept()

    def begin(self, most: int) -> Batch:
        """Return the next entries in order, at most *most*; they are in flight until ``end``."""
        with self._lock:
            self._report()
            return [self._depart(entry) for entry in self._findings.take(most)]

    def end(
        self,
        *,
        done: Iterable[Entry] = (),
        refused: Iterable[Entry] = (),
        keep: Iterable[Entry] = (),
    ) -> None:
        """Take entries out of flight: *done* is acknowledged, *refused* dropped, *keep* sent again.

        Entries that are not in flight any more are ignored.
        """
        with self._lock:
            for entry in filter(self._findings.is_in_flight, done):
                self._leave(entry)
                self._close(entry)
            for entry in filter(self._findings.is_in_flight, refused):
                self._leave(entry)
                self._drop(entry, "refused")
            self._findings.put_back(filter(self._findings.is_in_flight, keep))
        self._ended()

    def disconnected(self) -> None:
        """Take note that the connection has ended: all entries in flight wait again."""
        with self._lock:
            self._findings.put_back_all()

    def expire(self) -> None:
        """Drop entries that have waited longer than ``result_ttl_s`` or ``event_ttl_s``."""
        with self._lock:
            for entry in self._findings.drop_heads(lambda head: self.remaining_s(head) <= 0):
                self._departures.pop(entry.order, None)
                self._drop(entry, "expired")

    def remaining_s(self, entry: Entry) -> float:
        """Return how many seconds *entry* may still wait, here and at the broker together."""
        ttl_s = self._limits.event_ttl_s if entry.event else self._limits.result_ttl_s
        return entry.since + ttl_s - time.monotonic()

    def health(self) -> OutboxHealth:
        """Return how many entries wait, and how many were dropped and resent since the start."""
        with self._lock:
            now = time.monotonic()
            oldest = min((head.since for head in self._findings.heads), default=now)
            return OutboxHealth(
                messages=len(self._findings),
                bytes=self._findings.bytes,
                oldest_s=round(now - oldest, 1),
                dropped=self._gaps.dropped,
                resent=self._resent,
            )

    def _accept(self, seq: int) -> bool:
        """Return whether *seq* is new; report the seqs before it that were left out."""
        if seq <= self._sense.received:
            return False
        if missing := seq - self._sense.received - 1:
            self._gaps.add(self._sense.run, "overflow", seq - missing, seq - 1)
        self._sense.received = seq
        return True

    def _add(self, identity: Identity, message: Record | Report, clock: float, size: int) -> None:
        entry = Entry(
            order=next(self._order),
            identity=identity,
            message=message,
            clock=clock,
            size=size,
            since=time.monotonic(),
        )
        self._sense.open(identity)
        for dropped in self._findings.add(entry):
            self._departures.pop(dropped.order, None)
            self._drop(dropped, "overflow")

    def _depart(self, entry: Entry) -> Departure:
        before = self._departures.get(entry.order)
        if before is not None:
            self._resent += 1
            # The times of the first attempt stay, so that a duplicate carries the same ones.
            return msgspec.structs.replace(before, again=True)
        departure = Departure(entry, time.time(), clock.step_s(entry.clock))
        self._departures[entry.order] = departure
        return departure

    def _leave(self, entry: Entry) -> None:
        self._findings.forget(entry)
        self._departures.pop(entry.order, None)

    def _close(self, entry: Entry) -> None:
        """Take note that the broker has *entry*."""
        self._sense.close(entry.identity)
        if isinstance(entry.message, Report):
            self._gaps.confirm(entry.message.gap)

    def _drop(self, entry: Entry, reason: Reason) -> None:
        # A dropped report is made again later with what it reported and itself: it had a seq.
        if isinstance(entry.message, Report):
            if reason == "refused":
                self._gaps.give_up(entry.message.gap)
                return
            self._gaps.restore(entry.message.gap)
        self._sense.close(entry.identity)
        self._gaps.add(entry.identity.run, reason, entry.identity.seq, entry.identity.seq)

    def _report(self) -> None:
        """Add reports of what was dropped, if there is room for them."""
        while self._has_room() and (taken := self._gaps.take()) is not None:
            identity, report = taken
            self._add(identity, report, clock.offset(), REPORT_SIZE)

    def _has_room(self) -> bool:
        # Half of the bytes must be free: a report may not drop findings and cause more reports.
        limits, findings = self._limits, self._findings
        return len(findings) < limits.messages and findings.bytes < limits.bytes // 2

    def _kept(self) -> int:
        # A dropped finding counts as kept only once its report has arrived. If the uplink dies
        # before that, sense sends the finding again, or leaves out its seq again.
        unreported = self._gaps.lowest(self._sense.run)
        kept = self._sense.kept
        return kept if unreported is None else min(kept, unreported - 1)
