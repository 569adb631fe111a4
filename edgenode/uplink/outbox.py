"""Where findings wait, bounded and in order, until the broker has acknowledged them."""

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
"""Bytes a report of the outbox counts for."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A finding, or a report of the outbox, on its way. Nothing changes it.

    Attributes:
        order: its place in the outbox.
        identity: of a report: of this start of the uplink.
        clock: the clock's offset when it was captured, see ``clock.offset``.
        size: bytes it counts for.
        since: monotonic seconds when it came.
    """

    order: int
    identity: Identity
    message: Record | Report
    clock: float
    size: int
    since: float

    @property
    def event(self) -> bool:
        """Whether it is an event: results are dropped before any event."""
        return not isinstance(self.message, ResultRecord)


class Departure(msgspec.Struct, frozen=True):
    """An entry in flight, and when it first was: each later attempt says the same.

    Attributes:
        at: seconds since the epoch.
        step_s: by how much the clock had been set since the capture.
        again: it was in flight before.
    """

    entry: Entry
    at: float
    step_s: float
    again: bool = False


Batch: TypeAlias = list[Departure]


def _nobody() -> None:
    """Tell nobody."""


class Outbox:
    """Keeps entries from ``add`` until ``end``. Any thread may call.

    It lives in memory, and ends with its process; sense keeps what is not kept here. Nothing
    outside this module knows where entries wait.

    *added* is called when something was added, *ended* when more may be kept: not under the lock.
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
        # The lock guards all of the following.
        self._lock = threading.Lock()
        self._findings: Findings[Entry] = Findings(limits.messages, limits.bytes)
        self._departures: dict[int, Departure] = {}
        self._sense = SenseRun()
        self._gaps = Gaps(run)
        self._order = itertools.count(1)
        self._resent = 0

    def open(self, run: Run, kept: int) -> int:
        """Sense has come as *run*, all of it up to *kept* being safe; return how far it is now."""
        with self._lock:
            self._sense.begin(run, kept)
            return self._kept()

    def add(self, seq: int, record: Record, clock: float, size: int) -> bool:
        """Keep a finding of that run; return whether it is a new one.

        A seq that is left out was dropped by sense, and is reported. Where the bounds are reached
        the oldest results are dropped, then events.
        """
        with self._lock:
            if not self._accept(seq):
                return False
            self._add(Identity(self._sense.run, seq), record, clock, size)
        self._added()
        return True

    def reject(self, seq: int) -> None:
        """Take note that this finding can never pass: it is dropped, and reported as refused."""
        with self._lock:
            if self._accept(seq):
                self._gaps.add(self._sense.run, "refused", seq, seq)
        self._added()

    def kept(self) -> int:
        """Return up to which seq that run is safe: arrived, or its absence explained."""
        with self._lock:
            return self._kept()

    def begin(self, most: int) -> Batch:
        """Return the next entries, in order; they are in flight until ``end``."""
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
        """Say what became of entries in flight: arrived, refused for ever, or to be sent again.

        Those that are not in flight any more are passed over.
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

    def expire(self) -> None:
        """Drop what has waited longer than its class may."""
        with self._lock:
            for entry in self._findings.drop_heads(lambda head: self.remaining_s(head) <= 0):
                self._departures.pop(entry.order, None)
                self._drop(entry, "expired")

    def remaining_s(self, entry: Entry) -> float:
        """Return how long *entry* may still wait, here and at the broker."""
        ttl_s = self._limits.event_ttl_s if entry.event else self._limits.result_ttl_s
        return entry.since + ttl_s - time.monotonic()

    def health(self) -> OutboxHealth:
        """Return what waits, and what was dropped and sent again since the start."""
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
        """Return whether *seq* is new; what was left out before it was dropped by sense."""
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
            return msgspec.structs.replace(before, again=True)
        departure = Departure(entry, time.time(), clock.step_s(entry.clock))
        self._departures[entry.order] = departure
        return departure

    def _leave(self, entry: Entry) -> None:
        self._findings.forget(entry)
        self._departures.pop(entry.order, None)

    def _close(self, entry: Entry) -> None:
        """*entry* need not be kept any longer."""
        self._sense.close(entry.identity)
        if isinstance(entry.message, Report):
            self._gaps.confirm(entry.message.gap)

    def _drop(self, entry: Entry, reason: Reason) -> None:
        if isinstance(entry.message, Report):
            if reason == "refused":
                self._gaps.give_up(entry.message.gap)
                return
            self._gaps.restore(entry.message.gap)
        self._sense.close(entry.identity)
        self._gaps.add(entry.identity.run, reason, entry.identity.seq, entry.identity.seq)

    def _report(self) -> None:
        """Add reports of what was dropped, as far as there is room for them."""
        while self._has_room() and (taken := self._gaps.take()) is not None:
            identity, report = taken
            self._add(identity, report, clock.offset(), REPORT_SIZE)

    def _has_room(self) -> bool:
        limits, findings = self._limits, self._findings
        return len(findings) < limits.messages and findings.bytes < limits.bytes // 2

    def _kept(self) -> int:
        unexplained = self._gaps.lowest(self._sense.run)
        kept = self._sense.kept
        return kept if unexplained is None else min(kept, unexplained - 1)
