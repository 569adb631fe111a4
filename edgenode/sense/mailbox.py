"""The bounded hand-over from a source's thread to a pipeline's: newest wins, losses are counted."""

from collections import deque
from threading import Condition
from typing import Generic, NamedTuple, TypeVar

from edgenode.plugin import Sample

T = TypeVar("T")


class Delivery(NamedTuple):
    """A sample on its way to a plugin; *clock* is its offset when the sample was captured."""

    sample: Sample
    clock: float


class Mailbox(Generic[T]):
    """One reader; one writer, or several that write whole items.

    Attributes:
        lost: items overwritten before the reader took them.
    """

    def __init__(self, capacity: int = 1) -> None:
        self._items: deque[T] = deque()
        self._capacity = capacity
        self._changed = Condition()
        self._closed = False
        self.lost = 0

    def put(self, item: T) -> None:
        """Leave *item* for the reader; the oldest goes if there is no room. Never blocks.

        Once closed, nobody reads any more and the item is let go.
        """
        with self._changed:
            if self._closed:
                return
            if len(self._items) == self._capacity:
                self._items.popleft()
                self.lost += 1
            self._items.append(item)
            self._changed.notify_all()

    def wait_for_room(self, timeout: float) -> bool:
        """Return whether ``put`` would lose nothing, waiting up to *timeout* seconds for it."""
        with self._changed:
            return self._changed.wait_for(
                lambda: len(self._items) < self._capacity or self._closed, timeout
            )

    def take(self, timeout: float) -> T | None:
        """Return the oldest item, or None after *timeout* seconds without one or once closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._items or self._closed, timeout)
            if not self._items:
                return None
            item = self._items.popleft()
            self._changed.notify_all()
            return item

    def close(self) -> None:
        """Say that nothing more will come; what is here may still be taken."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def exhausted(self) -> bool:
        """Whether it is closed and empty."""
        with self._changed:
            return self._closed and not self._items
