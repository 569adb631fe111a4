"""Where accepted findings wait, bounded and in order, until the broker has acknowledged them."""

import itertools
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

import msgspec

from edgenode.config import Outbox as Limits
from edgenode.messages import Dropped, Event, Identity, OutboxHealth, ResultMessage
from edgenode.uplink.clock import offset
from edgenode.uplink.gaps import Gap, Gaps, Reason


class Entry(msgspec.Struct, eq=False, kw_only=True):
    """A result or event on its way.

    Attributes:
        payload: settled when it first leaves; each later attempt sends the same bytes.
        event: whether it is an event; results are dropped before any event.
        start: the start of sense it came from; empty for what the outbox says itself.
        number: the number of the offer.
        explains: the gap it reports, where it is a report of the outbox.
        left: it has been handed to a broker before.
        order: place in the outbox, which sets it and ``size``.
        accepted_at: monotonic seconds.
        clock: the clock's offset when it was accepted.
    """

    topic: str
    payload: bytes
    event: bool
    identity: Identity
    captured_at: float
    start: str = ""
    number: int = 0
    explains: Gap | None = None
    left: bool = False
    order: int = 0
    size: int = 0
    accepted_at: float = msgspec.field(default_factory=time.monotonic)
    clock: float = msgspec.field(default_factory=offset)

    @property
    def plugin(self) -> str:
        """The plugin it is from, ``_outbox`` for what the outbox says itself."""
        return self.topic.rpartition("/")[2]

    @property
    def kind(self) -> type[ResultMessage | Event | Dropped]:
        """The type of its payload."""
        if self.explains is not None:
            return Dropped
        return Event if self.event else ResultMessage


Settled = Callable[[Entry], None]


class Outbox(Protocol):
    """What the uplink asks of an outbox; one in memory now, one that spills to disk later.

    Each method may be called from any thread. Whoever made the outbox is told when something was
    put (``stirred``), and once of each entry that is acknowledged or dropped (``settled``).
    """

    def put(self, entry: Entry) -> None:
        """Keep *entry*; where the bounds are reached the oldest results go, then events."""

    def take(self, most: int) -> list[Entry]:
        """Return the next entries, in order, and count them as under way."""

    def acknowledge(self, entry: Entry) -> None:
        """*entry* has arrived."""

    def refuse(self, entry: Entry) -> None:
        """The broker will never take *entry*: it is dropped, and counted."""

    def give_back(self) -> None:
        """The connection is gone: what is under way waits again, in order."""

    def expire(self) -> None:
        """Drop what has waited longer than its class may."""

    def gap(self) -> Gap | None:
        """Return dropped identities to explain, if there is room for a report; forget them."""

    def remaining_s(self, entry: Entry) -> float:
        """Return how long *entry* may still wait, here and at the broker."""

    def figures(self) -> OutboxHealth:
        """Return what waits, and what was dropped and resent since the start."""


class MemoryOutbox:
    """An outbox that ends with its process; sense keeps what has not been settled."""

    def __init__(self, limits: Limits, settled: Settled, stirred: Callable[[], None]) -> None:
        self._limits = limits
        self._settled = settled
        self._stirred = stirred
        self._results: deque[Entry] = deque()
        self._events: deque[Entry] = deque()
        self._under_way: dict[int, Entry] = {}
        self._order = itertools.count(1)
        self._bytes = 0
        self._gaps = Gaps()
        self._dropped = 0
        self._resent = 0
        self._lock = threading.RLock()

    def put(self, entry: Entry) -> None:
        """Keep *entry*; where the bounds are reached the oldest results go, then events."""
        with self._lock:
            entry.order = next(self._order)
            self._queue(entry).append(entry)
            entry.size = len(entry.payload)
            self._bytes += entry.size
            while self._overfull() and (queue := self._results or self._events):
                self._drop(queue.popleft(), "overflow")
        self._stirred()

    def take(self, most: int) -> list[Entry]:
        """Return the next entries, in order, and count them as under way."""
        taken: list[Entry] = []
        with self._lock:
            while len(taken) < most and (queue := self._next()) is not None:
                entry = queue.popleft()
                self._under_way[entry.order] = entry
                self._resent += entry.left
                taken.append(entry)
        return taken

    def acknowledge(self, entry: Entry) -> None:
        """*entry* has arrived."""
        with self._lock:
            if entry.order in self._under_way:
                self._forget(entry)

    def refuse(self, entry: Entry) -> None:
        """The broker will never take *entry*: it is dropped, and counted."""
        with self._lock:
            if entry.order in self._under_way:
                self._drop(entry, "refused")

    def give_back(self) -> None:
        """The connection is gone: what is under way waits again, in order."""
        with self._lock:
            for entry in sorted(self._under_way.values(), key=_by_order, reverse=True):
                self._queue(entry).appendleft(entry)
            self._under_way.clear()

    def expire(self) -> None:
        """Drop what has waited longer than its class may."""
        with self._lock:
            for queue in (self._results, self._events):
                while queue and self.remaining_s(queue[0]) <= 0:
                    self._drop(queue.popleft(), "expired")

    def gap(self) -> Gap | None:
        """Return dropped identities to explain, if there is room for a report; forget them."""
        with self._lock:
            room = self._waiting() < self._limits.messages and self._bytes < self._limits.bytes // 2
            return self._gaps.take() if room else None

    def remaining_s(self, entry: Entry) -> float:
        """Return how long *entry* may still wait, here and at the broker."""
        ttl = self._limits.event_ttl_s if entry.event else self._limits.result_ttl_s
        return entry.accepted_at + ttl - time.monotonic()

    def figures(self) -> OutboxHealth:
        """Return what waits, and what was dropped and resent since the start."""
        with self._lock:
            firsts = [queue[0] for queue in (self._results, self._events) if queue]
            oldest = min((e.accepted_at for e in firsts), default=time.monotonic())
            return OutboxHealth(
                messages=self._waiting(),
                bytes=self._bytes,
                oldest_s=round(time.monotonic() - oldest, 1),
                dropped=self._dropped,
                resent=self._resent,
            )

    def _queue(self, entry: Entry) -> deque[Entry]:
        return self._events if entry.event else self._results

    def _next(self) -> deque[Entry] | None:
        queues = [queue for queue in (self._results, self._events) if queue]
        return min(queues, key=lambda queue: queue[0].order, default=None)

    def _waiting(self) -> int:
        return len(self._results) + len(self._events) + len(self._under_way)

    def _overfull(self) -> bool:
        return self._waiting() > self._limits.messages or self._bytes > self._limits.bytes

    def _drop(self, entry: Entry, reason: Reason) -> None:
        self._dropped += 1
        # A report that the broker refuses is not reported: there would be no end to it.
        if entry.explains is None or reason != "refused":
            self._gaps.add(entry.identity, reason)
        if entry.explains is not None and reason != "refused":
            self._gaps.restore(entry.explains)
        self._forget(entry)

    def _forget(self, entry: Entry) -> None:
        self._under_way.pop(entry.order, None)
        self._bytes -= entry.size
        self._settled(entry)


def _by_order(entry: Entry) -> int:
    return entry.order
