"""Hands the messages of a subscription over to the consumer's thread."""

import logging
import threading
from collections import deque
from collections.abc import Callable

from edgenode.errors import BrokerError
from edgenode.mqtt.client import Handler
from edgenode.mqtt.exchange import Received
from edgenode.mqtt.link import Link

log = logging.getLogger(__name__)


class Inbox(Handler):
    """Keeps received messages for another thread. If *capacity* is reached, the oldest is lost.

    *on_connected* is called from the client's thread after each connection. With *late* the
    consumer acknowledges what it has stored (``acknowledge``, from its thread): then nothing that a
    broker keeps is lost, as a connection with more than *capacity* is given up.

    Attributes:
        overwritten: messages that were lost.
        sessions_lost: connections on which the broker did not have our session any more, though it
            had accepted us before.
        resumed: whether the broker had our session at the last connection.
    """

    def __init__(
        self,
        capacity: int = 10_000,
        on_connected: Callable[[], None] | None = None,
        *,
        late: bool = False,
    ) -> None:
        self._messages: deque[Received] = deque(maxlen=capacity)
        self._changed = threading.Condition()
        self._on_connected = on_connected
        self._late = late
        self._link: Link | None = None
        # Taken by the consumer; stored by it, so that the client's thread acknowledges them.
        self._taken: list[Received] = []
        self._stored: deque[Received] = deque()
        self.overwritten = 0
        self.sessions_lost = 0
        self.resumed: bool | None = None

    def connected(self, link: Link) -> None:
        """Take note of the session, and call *on_connected*."""
        self._link = link
        if self._late and self.resumed is not None and not link.grants.session:
            self.sessions_lost += 1
            log.warning(
                "the broker has lost our session, and all that has waited in it; raise its limits, "
                "or have it store sessions"
            )
        self.resumed = link.grants.session
        if self._on_connected is not None:
            self._on_connected()

    def received(self, message: Received) -> None:
        """Keep *message*. Raise ``BrokerError`` if there is no room for one the broker keeps."""
        with self._changed:
            if len(self._messages) == self._messages.maxlen:
                if self._late and message.qos:
                    # Not acknowledged, it comes again on the next connection.
                    raise BrokerError("the consumer takes messages slower than they arrive")
                self.overwritten += 1
            self._messages.append(message)
            self._changed.notify()

    def turn(self) -> None:
        """Acknowledge what the consumer has stored."""
        while self._stored:
            message = self._stored.popleft()
            if self._link is not None:
                self._link.acknowledge(message)

    @property
    def drained(self) -> bool:
        """Whether all that was stored is acknowledged."""
        return not self._stored

    def lost(self, error: BrokerError | None) -> None:
        """Take note that the connection has ended: what was not acknowledged comes again."""
        del error
        self._link = None

    def take(self, timeout: float) -> Received | None:
        """Return the oldest message, None if none has arrived within *timeout* seconds."""
        with self._changed:
            self._changed.wait_for(lambda: bool(self._messages), timeout)
            message = self._messages.popleft() if self._messages else None
        if message is not None and self._late:
            self._taken.append(message)
        return message

    def acknowledge(self) -> None:
        """Have all that was taken so far acknowledged. To be called by who takes."""
        self._stored.extend(self._taken)
        self._taken.clear()
