"""The bounded, ordered store of findings: used by sense's backlog and by the uplink's outbox."""

from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, Protocol, TypeVar


class Stored(Protocol):
    """What the store holds. An item that is added later has a higher ``order``."""

    @property
    def order(self) -> int:
        """Place in the order of adding; unique."""

    @property
    def event(self) -> bool:
        """Whether it is an event: results are dropped before events."""

    @property
    def size(self) -> int:
        """Bytes it counts for."""


StoredT = TypeVar("StoredT", bound=Stored)


class _Queue(Generic[StoredT]):
    """Items of one kind, results or events: those that wait and those in flight, each in order."""

    def __init__(self) -> None:
        self.waiting: deque[StoredT] = deque()
        self.in_flight: OrderedDict[int, StoredT] = OrderedDict()

    def forget_until(self, order: int) -> Iterator[StoredT]:
        while self.in_flight and next(iter(self.in_flight)) <= order:
            yield self.in_flight.popitem(last=False)[1]
        while self.waiting and self.waiting[0].order <= order:
            yield self.waiting.popleft()

    def put_back(self, items: list[StoredT]) -> None:
        """Take *items* out of flight and let them wait again, in order with those that wait."""
        if not items:
            return
        for item in items:
            del self.in_flight[item.order]
        last = max(item.order for item in items)
        # Only items that were put back before these can be older; all others need no look.
        while self.waiting and self.waiting[0].order < last:
            items.append(self.waiting.popleft())
        self.waiting.extendleft(sorted(items, key=lambda item: item.order, reverse=True))


class Findings(Generic[StoredT]):
    """Findings in order, bounded by number and by bytes. For one thread, or under its owner's lock.

    When there is no room for one more, the oldest result that waits is dropped, and the oldest
    event only if no result waits. Every operation takes the same time however many items there are.

    Items in flight are never dropped. With *handed_over* the next hop holds a copy of each item in
    flight: then the oldest of these is forgotten before anything is dropped.

    Attributes:
        bytes: size of all items together.
    """

    def __init__(self, most: int, most_bytes: int, *, handed_over: bool = False) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._handed_over = handed_over
        self._results: _Queue[StoredT] = _Queue()
        self._events: _Queue[StoredT] = _Queue()
        self._count = 0
        self.bytes = 0

    def __len__(self) -> int:
        return self._count

    @property
    def waiting(self) -> int:
        """How many items wait, those in flight not counted."""
        return len(self._results.waiting) + len(self._events.waiting)

    @property
    def heads(self) -> list[StoredT]:
        """The oldest result that waits and the oldest event that waits, if there are any."""
        return [queue.waiting[0] for queue in self._queues if queue.waiting]

    def add(self, item: StoredT) -> list[StoredT]:
        """Keep *item*; return the items that were dropped for it, which may include *item*."""
        if item.size > self._most_bytes:
            return [item]
        self._queue(item).waiting.append(item)
        self._count += 1
        self.bytes += item.size
        dropped: list[StoredT] = []
        while self._count > self._most or self.bytes > self._most_bytes:
            if self._handed_over and self._forget_one_in_flight():
                continue
            queue = self._results if self._results.waiting else self._events
            if not queue.waiting:
                # All is in flight: over the limit until the broker answers, by the window at most.
                break
            dropped.append(self._gone(queue.waiting.popleft()))
        return dropped

    def take(self, most: int) -> list[StoredT]:
        """Return the next items in order, at most *most*; they are in flight from now on."""
        taken: list[StoredT] = []
        while len(taken) < most and (queue := self._next()) is not None:
            item = queue.waiting.popleft()
            queue.in_flight[item.order] = item
            taken.append(item)
        return taken

    def is_in_flight(self, item: StoredT) -> bool:
        """Return whether *item* was taken and neither forgotten nor put back since."""
        return self._queue(item).in_flight.get(item.order) is item

    def forget(self, item: StoredT) -> None:
        """Forget *item*, which is in flight."""
        self._gone(self._queue(item).in_flight.pop(item.order))

    def forget_until(self, order: int) -> None:
        """Forget all items up to *order*, in flight or waiting.

        Only for an owner that uses ``put_back_all`` and never ``put_back``.
        """
        # After a partial put_back the items in flight are no longer in order, and this stops early.
        for queue in self._queues:
            for item in queue.forget_until(order):
                self._gone(item)

    def put_back(self, items: Iterable[StoredT]) -> None:
        """Let *items*, all of them in flight, wait again in order."""
        items = list(items)
        for queue in self._queues:
            queue.put_back([item for item in items if self._queue(item) is queue])

    def put_back_all(self) -> None:
        """Let all items in flight wait again in order."""
        for queue in self._queues:
            queue.put_back(list(queue.in_flight.values()))

    def drop_heads(self, due: Callable[[StoredT], bool]) -> list[StoredT]:
        """Drop the oldest waiting results and events while they are *due*; return them."""
        dropped = []
        for queue in self._queues:
            while queue.waiting and due(queue.waiting[0]):
                dropped.append(self._gone(queue.waiting.popleft()))
        return dropped

    @property
    def _queues(self) -> tuple[_Queue[StoredT], _Queue[StoredT]]:
        return self._results, self._events

    def _queue(self, item: StoredT) -> _Queue[StoredT]:
        return self._events if item.event else self._results

    def _next(self) -> _Queue[StoredT] | None:
        """Return the queue whose head is next in order, None if nothing waits."""
        results, events = self._results.waiting, self._events.waiting
        if not events:
            return self._results if results else None
        first = not results or events[0].order < results[0].order
        return self._events if first else self._results

    def _forget_one_in_flight(self) -> bool:
        for queue in self._queues:
            if queue.in_flight:
                self._gone(queue.in_flight.popitem(last=False)[1])
                return True
        return False

    def _gone(self, item: StoredT) -> StoredT:
        self._count -= 1
        self.bytes -= item.size
        return item
