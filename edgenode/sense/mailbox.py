"""A bounded queue from a source's thread to a plugin's: if it is full, the oldest item is lost."""

from collections import deque
from threading import Condition
from typing import Generic, NamedTuple, TypeVar

from edgenode.plugin import Sample

T = TypeVar("T")


class Delivery(NamedTuple):
    """A sample for a plugin; ``clock`` is the clock's offset at its capture, in seconds."""

    sample: Sample
    clock: float


class Mailbox(Generic[T]):
    """For one reading thread and any number of writing threads.

    Attributes:
        lost: number of items that were replaced before the reader took them.
    """

    def __init__(self, capacity: int = 1) -> None:
        self._items: deque[T] = deque()
        self._capacity = capacity
        # Guards the items, `_closed` and writes to `lost`; notified on put, on close, and on a take
        # that leaves it half empty.
        self._changed = Condition()
        self._closed = False
        self.lost = 0

    def put(self, item: T) -> None:
        """Add *item*; if the mailbox is full, the oldest item is lost. Never blocks.

        A closed mailbox ignores the item: nobody reads it any more.
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
        """Wait up to *timeout* seconds until ``put`` loses nothing; return whether it is so.

        A full mailbox is waited for until it is half empty: a writer that ran for each item that is
        taken would take turns with the reader.
        """
        with self._changed:
            if len(self._items) < self._capacity or self._closed:
                return True
            return self._changed.wait_for(
                lambda: len(self._items) <= self._capacity // 2 or self._closed, timeout
            )

    def take(self, timeout: float) -> T | None:
        """Return the oldest item; None after *timeout* seconds, or if it is closed and empty."""
        with self._changed:
            if not (self._items or self._closed):
                self._changed.wait_for(lambda: self._items or self._closed, timeout)
            if not self._items:
                return None
            item = self._items.popleft()
            if len(self._items) <= self._capacity // 2:
                self._changed.notify_all()
            return item

    def close(self) -> None:
        """Accept no more items. Those that are here can still be taken."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def exhausted(self) -> bool:
        """Whether it is closed and empty."""
        with self._changed:
            return self._closed and not self._items
