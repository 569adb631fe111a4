"""The ordered store of findings that wait: used by sense's backlog and by the uplink's outbox."""

from collections import deque
from collections.abc import Callable, Iterable
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


class Findings(Generic[StoredT]):
    """Two queues, of results and of events, that are taken in one order. For one thread or lock.

    An item that was taken is its owner's, who may put it back. Every operation takes the same time
    however many items wait.

    Attributes:
        bytes: size of all items together.
    """

    def __init__(self) -> None:
        self._results: deque[StoredT] = deque()
        self._events: deque[StoredT] = deque()
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._results) + len(self._events)

    @property
    def heads(self) -> list[StoredT]:
        """The oldest result and the oldest event, if there are any."""
        return [queue[0] for queue in (self._results, self._events) if queue]

    def add(self, item: StoredT) -> None:
        """Keep *item*, which is newer than all others."""
        (self._events if item.event else self._results).append(item)
        self.bytes += item.size

    def take(self, most: int) -> list[StoredT]:
        """Remove and return the oldest items in order, at most *most*."""
        taken: list[StoredT] = []
        while len(taken) < most and (heads := self.heads):
            oldest = min(heads, key=_order)
            taken.append(self._pop(self._events if oldest.event else self._results))
        return taken

    def put_back(self, items: Iterable[StoredT]) -> None:
        """Have *items*, which were taken, wait again in order."""
        items = list(items)
        self.bytes += sum(item.size for item in items)
        for queue in (self._results, self._events):
            again = [item for item in items if item.event is (queue is self._events)]
            last = max(map(_order, again), default=0)
            # Only items that were put back before these can be older; all others need no look.
            while queue and queue[0].order < last:
                again.append(queue.popleft())
            queue.extendleft(sorted(again, key=_order, reverse=True))

    def trim(self, most: int, most_bytes: int) -> list[StoredT]:
        """Drop and return what is above the limits: the oldest results, then the oldest events."""
        dropped: list[StoredT] = []
        while len(self) and (len(self) > most or self.bytes > most_bytes):
            dropped.append(self._pop(self._results or self._events))
        return dropped

    def drop_while(self, due: Callable[[StoredT], bool]) -> list[StoredT]:
        """Drop and return the oldest results and the oldest events, as long as they are *due*."""
        dropped: list[StoredT] = []
        for queue in (self._results, self._events):
            while queue and due(queue[0]):
                dropped.append(self._pop(queue))
        return dropped

    def _pop(self, queue: deque[StoredT]) -> StoredT:
        item = queue.popleft()
        self.bytes -= item.size
        return item


def _order(item: Stored) -> int:
    return item.order
