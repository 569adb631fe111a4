"""The bounded store of findings on their way: used by sense and by the uplink's outbox."""

from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, Protocol, TypeVar


class Stored(Protocol):
    """What the store holds; what is added later has a higher ``order``."""

    @property
    def order(self) -> int:
        """Its place."""

    @property
    def event(self) -> bool:
        """Whether it is an event."""

    @property
    def size(self) -> int:
        """Bytes."""


StoredT = TypeVar("StoredT", bound=Stored)


class _Queue(Generic[StoredT]):
    """One kind, results or events: what waits, and what is in flight, each in order."""

    def __init__(self) -> None:
        self.waiting: deque[StoredT] = deque()
        self.in_flight: OrderedDict[int, StoredT] = OrderedDict()

    def forget_until(self, order: int) -> Iterator[StoredT]:
        while self.in_flight and next(iter(self.in_flight)) <= order:
            yield self.in_flight.popitem(last=False)[1]
        while self.waiting and self.waiting[0].order <= order:
            yield self.waiting.popleft()

    def put_back(self, items: list[StoredT]) -> None:
        """Let *items* wait again, in order with those that wait."""
        if not items:
            return
        for item in items:
            del self.in_flight[item.order]
        last = max(item.order for item in items)
        # What waits is younger than what was in flight, but for items put back before these.
        while self.waiting and self.waiting[0].order < last:
            items.append(self.waiting.popleft())
        self.waiting.extendleft(sorted(items, key=lambda item: item.order, reverse=True))


class Findings(Generic[StoredT]):
    """Findings in order, bounded by number and by bytes. For one thread, or under its lock.

    One more than there is room for drops the oldest result, and the oldest event only where no
    result is left. Every operation takes the same time however many there are. What is in flight is
    not dropped; with *handed_over* the next hop holds it as well: then it is forgotten first.

    Attributes:
        bytes: of all that is here.
    """

    def __init__(self, most: int, most_bytes: int, *, handed_over: bool = False) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._handed_over = handed_over
        self._results: _Queue[StoredT] = _Queue()
        self._events: _Queue[StoredT] = _Queue()
        self.bytes = 0

    def __len__(self) -> int:
        return self.waiting + sum(len(queue.in_flight) for queue in self._queues)

    @property
    def waiting(self) -> int:
        """How many are not in flight."""
        return sum(len(queue.waiting) for queue in self._queues)

    @property
    def heads(self) -> list[StoredT]:
        """The oldest result and the oldest event that wait, as far as there are any."""
        return [queue.waiting[0] for queue in self._queues if queue.waiting]

    def add(self, item: StoredT) -> list[StoredT]:
        """Keep *item*; return what was dropped for it, which may be *item* itself."""
        if item.size > self._most_bytes:
            return [item]
        self._queue(item).waiting.append(item)
        self.bytes += item.size
        dropped = []
        while len(self) > self._most or self.bytes > self._most_bytes:
            if self._handed_over and self._forget_one_in_flight():
                continue
            queue = self._results if self._results.waiting else self._events
            if not queue.waiting:
                break
            dropped.append(self._gone(queue.waiting.popleft()))
        return dropped

    def take(self, most: int) -> list[StoredT]:
        """Return the next ones, in order, which are in flight from now on."""
        taken: list[StoredT] = []
        while len(taken) < most and (heads := self.heads):
            item = min(heads, key=lambda head: head.order)
            queue = self._queue(item)
            queue.in_flight[item.order] = queue.waiting.popleft()
            taken.append(item)
        return taken

    def is_in_flight(self, item: StoredT) -> bool:
        """Return whether *item* was taken and neither forgotten nor put back since."""
        return self._queue(item).in_flight.get(item.order) is item

    def forget(self, item: StoredT) -> None:
        """Forget *item*, which is in flight."""
        self._gone(self._queue(item).in_flight.pop(item.order))

    def forget_until(self, order: int) -> None:
        """Forget all up to *order*, in flight or not.

        For those who put back all or nothing: only then what is in flight is in order.
        """
        for queue in self._queues:
            for item in queue.forget_until(order):
                self._gone(item)

    def put_back(self, items: Iterable[StoredT]) -> None:
        """Let *items*, which are in flight, wait again in order."""
        items = list(items)
        for queue in self._queues:
            queue.put_back([item for item in items if self._queue(item) is queue])

    def put_back_all(self) -> None:
        """Let all that is in flight wait again in order."""
        for queue in self._queues:
            queue.put_back(list(queue.in_flight.values()))

    def drop_heads(self, due: Callable[[StoredT], bool]) -> list[StoredT]:
        """Drop and return the oldest that wait, as long as they are *due*."""
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

    def _forget_one_in_flight(self) -> bool:
        for queue in self._queues:
            if queue.in_flight:
                self._gone(queue.in_flight.popitem(last=False)[1])
                return True
        return False

    def _gone(self, item: StoredT) -> StoredT:
        self.bytes -= item.size
        return item
