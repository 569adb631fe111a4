"""Keeps findings, bounded and in order, until the broker has acknowledged them."""

import itertools
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable

import msgspec

from edgenode import clock
from edgenode.config import Outbox as Limits
from edgenode.handover.findings import Findings
from edgenode.handover.protocol import Record, ResultRecord
from edgenode.messages import Identity, OutboxHealth, Run
from edgenode.uplink.gaps import DropReport, Gaps, Reason


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A finding, or a report of the outbox, on its way to the broker.

    Attributes:
        order: its place in the outbox; reports have none and go before all findings.
        identity: as sense gave it; for a report: run and seq of the uplink.
        clock: ``clock.offset()`` when it was captured.
        size: bytes it counts for.
        since: when it arrived, in monotonic seconds.
        sent_at: when it was first sent, in seconds since the epoch; 0 before that.
        step_s: by how many seconds the clock had been set between the capture and ``sent_at``.
    """

    order: int
    identity: Identity
    message: Record | DropReport
    clock: float
    size: int
    since: float
    sent_at: float = 0.0
    step_s: float = 0.0

    @property
    def event(self) -> bool:
        """Whether it is an event or a report: results are dropped before these."""
        return not isinstance(self.message, ResultRecord)


class SenseRun(msgspec.Struct):
    """The run of sense that has connected last.

    Attributes:
        received: the highest seq received.
        kept: up to this seq all findings were safe when it was last looked at.
    """

    run: Run = ""
    received: int = 0
    kept: int = 0


def _nobody() -> None:
    """Notify nobody."""


class Outbox:
    """Keeps entries from ``add`` until ``end``. For any thread.

    It is in memory and is lost with the process; sense has a copy of everything not ``kept``.

    *ended* is called after entries have left, when ``kept`` may be higher; not under the lock.
    """

    def __init__(
        self,
        limits: Limits,
        run: Run,
        ended: Callable[[], None] = _nobody,
    ) -> None:
        self._limits = limits
        self._ended = ended
        # Guards all fields below. Taken by the receiver's thread (open, add, reject, kept), the
        # client's (begin, end, disconnected, expire, health) and the main one (health, for the
        # status line).
        self._lock = threading.Lock()
        self._findings: Findings[Entry] = Findings()
        self._reports: deque[Entry] = deque()
        self._in_flight: dict[Identity, Entry] = {}
        self._sense = SenseRun()
        self._gaps = Gaps(run)
        self._order = itertools.count(1)
        self._resent = 0

    def open(self, run: Run, kept: int) -> int:
        """Take note that sense has connected as *run*, of which all up to seq *kept* is safe.

        Return up to which seq it is safe as far as the outbox knows.
        """
        with self._lock:
            if run != self._sense.run:
                self._sense = SenseRun(run)
            self._sense.received = max(self._sense.received, kept)
            self._sense.kept = max(self._sense.kept, kept)
            return self._kept()

    def add(self, seq: int, record: Record, clock: float, size: int) -> bool:
        """Keep a finding of the run given to ``open``; return False if it was received before.

        A seq that is left out was dropped by sense, and is reported as dropped. If the limits are
        reached, the oldest result is dropped, or the oldest event if there is no result.
        """
        with self._lock:
            if not self._accept(seq):
                return False
            entry = Entry(
                order=next(self._order),
                identity=Identity(self._sense.run, seq),
                message=record,
                clock=clock,
                size=size,
                since=time.monotonic(),
            )
            for dropped in self._add(entry):
                self._drop(dropped, "overflow")
        return True

    def reject(self, seq: int) -> None:
        """Report this finding as refused: it is not in the contract."""
        with self._lock:
            if self._accept(seq):
                self._gaps.add(self._sense.run, "refused", seq, seq)

    def kept(self) -> int:
        """Return the highest seq up to which all findings of the run are safe.

        Safe means that the broker has acknowledged the finding, or the report that it was dropped.
        """
        with self._lock:
            return self._kept()

    def begin(self, most: int) -> list[Entry]:
        """Return the next entries, at most *most*; they are in flight until ``end``.

        Reports of what was dropped go first. They never wait in the store, where they could push
        out what they report on.
        """
        with self._lock:
            while len(self._reports) < most and (report := self._gaps.take()) is not None:
                self._reports.append(_entry(*report))
            batch = [self._reports.popleft() for _ in range(min(most, len(self._reports)))]
            batch += self._findings.take(most - len(batch))
            return [self._depart(entry) for entry in batch]

    def end(
        self,
        *,
        done: Iterable[Identity] = (),
        refused: Iterable[Identity] = (),
        keep: Iterable[Identity] = (),
    ) -> None:
        """Take entries out of flight: *done* is acknowledged, *refused* dropped, *keep* sent again.

        Entries that are not in flight any more are ignored.
        """
        with self._lock:
            for entry in self._landed(done):
                if isinstance(entry.message, DropReport):
                    self._gaps.confirm(entry.message.gap)
            for entry in self._landed(refused):
                self._drop(entry, "refused")
            self._put_back(self._landed(keep))
        self._ended()

    def disconnected(self) -> None:
        """Take note that the connection has ended: all entries in flight wait again."""
        with self._lock:
            self._put_back(self._landed(list(self._in_flight)))

    def expire(self) -> None:
        """Drop findings that have waited longer than ``result_ttl_s`` or ``event_ttl_s``."""
        with self._lock:
            for entry in self._findings.drop_while(lambda entry: self.remaining_s(entry) <= 0):
                self._drop(entry, "expired")

    def remaining_s(self, entry: Entry) -> float:
        """Return how many seconds *entry* may still wait, here and at the broker together."""
        ttl_s = self._limits.event_ttl_s if entry.event else self._limits.result_ttl_s
        return entry.since + ttl_s - time.monotonic()

    def health(self) -> OutboxHealth:
        """Return how many entries wait, and how many were dropped and resent since the start."""
        with self._lock:
            now = time.monotonic()
            beside = [*self._in_flight.values(), *self._reports]
            oldest = min((one.since for one in (*self._findings.heads, *beside)), default=now)
            return OutboxHealth(
                messages=len(self._findings) + len(beside),
                bytes=self._findings.bytes + sum(entry.size for entry in beside),
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

    def _add(self, entry: Entry) -> list[Entry]:
        """Keep *entry*; return what was dropped for it. What is in flight is never dropped."""
        in_flight = self._in_flight.values()
        most = self._limits.messages - len(in_flight)
        most_bytes = self._limits.bytes - sum(one.size for one in in_flight)
        if entry.size > most_bytes:
            return [entry]
        self._findings.add(entry)
        return self._findings.trim(most, most_bytes)

    def _depart(self, entry: Entry) -> Entry:
        if entry.sent_at:
            # The times of the first attempt stay, so that a duplicate carries the same ones.
            self._resent += 1
        else:
            step_s = clock.step_s(entry.clock)
            entry = msgspec.structs.replace(entry, sent_at=time.time(), step_s=step_s)
        self._in_flight[entry.identity] = entry
        return entry

    def _landed(self, identities: Iterable[Identity]) -> list[Entry]:
        """Take these out of flight and return them."""
        entries = [self._in_flight.pop(identity, None) for identity in identities]
        return [entry for entry in entries if entry is not None]

    def _put_back(self, entries: list[Entry]) -> None:
        self._reports.extend(entry for entry in entries if isinstance(entry.message, DropReport))
        self._findings.put_back(e for e in entries if not isinstance(e.message, DropReport))

    def _drop(self, entry: Entry, reason: Reason) -> None:
        if isinstance(entry.message, DropReport):
            self._gaps.give_up(entry.message.gap)
        else:
            self._gaps.add(entry.identity.run, reason, entry.identity.seq, entry.identity.seq)

    def _kept(self) -> int:
        run, heads = self._sense.run, self._findings.heads
        # Behind the findings of an earlier run, the first one of this run cannot be seen.
        if all(head.identity.run == run for head in heads):
            here = [*heads, *self._in_flight.values()]
            open_ = [entry.identity.seq for entry in here if entry.identity.run == run]
            # A dropped finding counts as kept only once its report has arrived. If the uplink dies
            # before that, sense sends the finding again, or leaves out its seq again.
            unreported = self._gaps.lowest(run)
            open_ += [] if unreported is None else [unreported]
            self._sense.kept = min(open_) - 1 if open_ else self._sense.received
        return self._sense.kept


def _entry(identity: Identity, report: DropReport) -> Entry:
    """Return the entry of a report of the outbox itself."""
    return Entry(
        order=0,
        identity=identity,
        message=report,
        clock=clock.offset(),
        size=0,
        since=time.monotonic(),
    )
