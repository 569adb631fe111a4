"""Hands the messages of a subscription over to the consumer's thread."""

import threading
from collections import deque
from collections.abc import Callable

from edgenode.mqtt.client import Handler
from edgenode.mqtt.exchange import Received
from edgenode.mqtt.link import Link


class Inbox(Handler):
    """Keeps received messages for another thread. If *capacity* is reached, the oldest is lost.

    *on_connected* is called from the client's thread after each connection.

    Attributes:
        overwritten: messages that were lost.
    """

    def __init__(
        self, capacity: int = 10_000, on_connected: Callable[[], None] | None = None
    ) -> None:
        self._messages: deque[Received] = deque(maxlen=capacity)
        self._changed = threading.Condition()
        self._on_connected = on_connected
        self.overwritten = 0

    def connected(self, link: Link) -> None:  # noqa: ARG002 - the subscriptions are made already
        """Call *on_connected*."""
        if self._on_connected is not None:
            self._on_connected()

    def received(self, message: Received) -> None:
        """Keep *message*."""
        with self._changed:
            self.overwritten += len(self._messages) == self._messages.maxlen
            self._messages.append(message)
            self._changed.notify()

    def take(self, timeout: float) -> Received | None:
        """Return the oldest message, None if none has arrived within *timeout* seconds."""
        with self._changed:
            self._changed.wait_for(lambda: bool(self._messages), timeout)
            return self._messages.popleft() if self._messages else None
