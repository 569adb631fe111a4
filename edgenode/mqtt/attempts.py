"""Decides when to connect again, and with which version of MQTT."""

import logging
import random
from collections.abc import Callable

import msgspec

from edgenode.errors import BrokerError, EdgenodeError
from edgenode.mqtt import endpoint
from edgenode.mqtt.exchange import (
    ClosedError,
    Grants,
    LackingError,
    Message,
    SilentError,
    Terms,
    UnansweredError,
    UnsupportedError,
)
from edgenode.mqtt.standard import NO_RETAIN

log = logging.getLogger(__name__)

MOST_SHORT = 3
"""Connections in a row that the broker ends soon, after which a person should look."""


class Backoff:
    """How long to wait before the next attempt: twice as long each time, up to a limit.

    A broker on this machine is tried again sooner than another one. For one thread.
    """

    HELD_S = 10.0
    """A connection that lasted this long resets the wait.

    A shorter one does not: two nodes with the same id would disconnect each other every second.
    """

    def __init__(self, *, local: bool) -> None:
        # Jitter, so that a fleet does not connect at the same moment after the broker restarts.
        first, longest = ((0.1, 0.2), (2.0, 4.0)) if local else ((1.0, 3.0), (60.0, 120.0))
        self._first = random.uniform(*first)  # noqa: S311 - jitter, not a secret
        self._longest = random.uniform(*longest)  # noqa: S311 - jitter, not a secret
        self._next = self._first

    def after(self, held_s: float) -> float:
        """Return the seconds to wait after a connection of *held_s* seconds, 0 if it failed."""
        if held_s >= self.HELD_S:
            self._next = self._first
        wait = self._next
        self._next = min(self._longest, wait * 2)
        return wait


class Way(msgspec.Struct, frozen=True):
    """How a connection is opened: the version of MQTT, and what the broker is thought to take."""

    protocol: str
    retains: bool = True
    most_qos: int = 1


# On MQTT 5 a broker says what it lacks; on 3.1.1 it closes, so that all must be tried.
_OF_3_1_1 = tuple(Way("3.1.1", retains, qos) for qos in (1, 0) for retains in (True, False))
WAYS = {"auto": (Way("5"), *_OF_3_1_1), "5": (Way("5"),), "3.1.1": _OF_3_1_1}


class Ways:
    """Which way to try: they are tried in turn until one is accepted, which is kept.

    For one thread.

    Attributes:
        current: the way for the next attempt.
        settled: the broker has accepted this one.
    """

    CLOSES = 2
    """Closes without an answer after which the next way is tried (RabbitMQ 3.10 closes on 5)."""

    def __init__(self, asked: str) -> None:
        self._ways = WAYS[asked]
        self._closes = 0
        # Versions that were tried since the last pause.
        self._tried: set[str] = set()
        self.current = self._ways[0]
        self.settled = False

    def failed(self, error: BrokerError) -> bool:
        """Choose the way for the next attempt; return whether it is to be tried at once."""
        self._tried.add(self.current.protocol)
        match error:
            case LackingError():
                return self._do_without(error.reason)
            case UnsupportedError() | SilentError():
                # Silence has cost the whole timeout already, so the other version is next.
                return self._change_version(error)
            case UnansweredError():
                self._closes += 1
                if self._closes >= self.CLOSES and not self.settled:
                    self._go_to(self._following())
        return False

    def paused(self) -> None:
        """Take note that there was a pause: each version may be tried without one again."""
        self._tried.clear()

    def accepted(self, *, retains: bool, most_qos: int) -> None:
        """Take note that the broker has accepted the current way, and of what it takes."""
        self.current = Way(self.current.protocol, retains, most_qos)
        self.settled = True
        self._closes = 0

    def _do_without(self, reason: int) -> bool:
        before = self.current
        lower = {"retains": False} if reason == NO_RETAIN else {"most_qos": 0}
        self.current = msgspec.structs.replace(before, **lower)
        return self.current != before

    def _change_version(self, error: BrokerError) -> bool:
        """Go on with another version, if there is one; return whether it is not tried yet."""
        if self.settled and isinstance(error, SilentError):
            return False
        others = (way for way in self._ways if way.protocol != self.current.protocol)
        other = next(others, None)
        if other is None:
            return False
        self._go_to(other)
        return other.protocol not in self._tried

    def _following(self) -> Way:
        place = self._ways.index(self.current) if self.current in self._ways else -1
        return self._ways[(place + 1) % len(self._ways)]

    def _go_to(self, way: Way) -> None:
        self.current = way
        self.settled = False
        self._closes = 0


class Attempts:
    """Makes the terms of the next connection and decides when to open it. For one thread.

    Attributes:
        at: the broker's address.
        at_once: the last attempt has failed, and the next one, in another way, needs no pause.
    """

    def __init__(self, terms: Terms) -> None:
        """*terms* stay for all connections. Raise ``BrokerError`` if the broker's URL is wrong."""
        self.at = endpoint.parse(terms.mqtt.url)
        self.at_once = False
        self._terms = terms
        self._ways = Ways(terms.mqtt.protocol)
        self._backoff = Backoff(local=self.at.local)
        self._number = 1
        self._short = 0
        self._told: list[str] = []

    def next(self, will: Callable[[int], Message | None]) -> Terms:
        """Return the terms of the next connection, with the *will* of its number."""
        self.at_once = False
        way, message = self._ways.current, will(self._number)
        return msgspec.structs.replace(
            self._terms,
            protocol=way.protocol,
            retains=way.retains,
            most_qos=way.most_qos,
            number=self._number,
            will=message and message.fitted(retains=way.retains, most_qos=way.most_qos),
        )

    def accepted(self, grants: Grants, protocol: str) -> None:
        """Take note that the broker has accepted the connection, with these *grants*."""
        self._ways.accepted(retains=grants.retains, most_qos=grants.most_qos)
        self._number += 1
        terms = self._terms
        log.info(
            "broker %s: connected as %r, MQTT %s, topics under %s",
            *(self.at, terms.client_id, protocol, terms.mqtt.prefix),
        )
        for lack in grants.lacks:
            # Once, as it stays so.
            if lack not in self._told:
                log.warning("broker %s %s", self.at, lack)
        self._told = grants.lacks

    def failed(self, error: BrokerError) -> None:
        """Take note that the broker has not accepted the connection, because of *error*."""
        self.at_once = self._ways.failed(error)
        # A broker that closed without an answer may have taken our will, with this number in it.
        self._number += isinstance(error, UnansweredError)

    def ended(self, error: EdgenodeError | None, held_s: float) -> EdgenodeError | None:
        """Return why a connection of *held_s* seconds has ended, 0 if it was never accepted.

        Two nodes with one id end each other's connections, and mosquitto 2.0 does not say so.
        """
        if not held_s:
            return error
        is_short = held_s < Backoff.HELD_S and isinstance(error, ClosedError)
        self._short = self._short + 1 if is_short else 0
        if self._short < MOST_SHORT:
            return error
        return ClosedError(
            f"{error}; that is {self._short} times soon after it had let us in: if another client "
            f"has the id {self._terms.client_id!r}, give one of them another (node.id), "
            "else see the broker's log"
        )

    def wait_s(self, held_s: float) -> float:
        """Return the seconds to wait after a connection of *held_s* seconds, 0 if it failed."""
        self._ways.paused()
        return self._backoff.after(held_s)
