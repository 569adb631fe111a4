"""Decides when to connect again, and with which version of MQTT."""

import random
from collections.abc import Callable, Sequence

import msgspec

from edgenode import config
from edgenode.errors import BrokerError
from edgenode.mqtt import endpoint
from edgenode.mqtt.exchange import (
    Message,
    SilentError,
    Terms,
    UnansweredError,
    UnsupportedError,
)


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


class Protocols:
    """Which version of MQTT to try: "auto" begins with 5 and keeps the version that was accepted.

    For one thread.

    Attributes:
        current: the version for the next attempt.
        settled: the broker has accepted this version.
        fresh: this version has not been tried yet.
    """

    CLOSES = 2
    """Closes without an answer after which the other version is tried (RabbitMQ 3.10 does so)."""

    def __init__(self, asked: str) -> None:
        self._auto = asked == "auto"
        self._closes = 0
        self.current = "5" if self._auto else asked
        self.settled = False
        self.fresh = True

    def failed(self, error: BrokerError) -> None:
        """Take note of how an attempt ended, and choose the version for the next one."""
        if isinstance(error, UnansweredError):
            # Silence has cost the whole timeout already: the other version is tried at once.
            self._closes += self.CLOSES if isinstance(error, SilentError) else 1
        unsupported = isinstance(error, UnsupportedError) and self.current == "5"
        self.fresh = False
        if not self._auto or self.settled or not (unsupported or self._closes >= self.CLOSES):
            return
        self.current = "3.1.1" if self.current == "5" else "5"
        self._closes = 0
        self.fresh = True


class Attempts:
    """Makes the terms of the next connection and decides when to open it. For one thread.

    Attributes:
        at: the broker's address.
    """

    def __init__(self, mqtt: config.Mqtt, client_id: str, subscriptions: Sequence[str]) -> None:
        """Raise ``BrokerError`` if the broker's URL is not valid."""
        self.at = endpoint.parse(mqtt.url)
        self._terms = Terms(
            mqtt=mqtt,
            client_id=client_id,
            protocol="",
            subscriptions=subscriptions,
        )
        self._protocols = Protocols(mqtt.protocol)
        self._backoff = Backoff(local=self.at.local)
        self._number = 1

    def next(self, will: Callable[[int], Message | None]) -> Terms:
        """Return the terms of the next connection, with the *will* of its number."""
        return msgspec.structs.replace(
            self._terms,
            protocol=self._protocols.current,
            number=self._number,
            will=will(self._number),
        )

    def accepted(self) -> None:
        """Take note that the broker has accepted the connection."""
        self._protocols.settled = True
        self._number += 1

    def failed(self, error: BrokerError) -> None:
        """Take note that the broker has not accepted the connection, because of *error*."""
        self._protocols.failed(error)
        # A broker that closed without an answer may have taken our will, with this number in it.
        self._number += isinstance(error, UnansweredError)

    def wait_s(self, held_s: float) -> float:
        """Return the seconds to wait after a connection of *held_s* seconds, 0 if it failed."""
        return self._backoff.after(held_s)

    def falls_back(self, error: Exception | None) -> bool:
        """Return whether the other version of MQTT is to be tried now because of *error*."""
        return isinstance(error, UnsupportedError | SilentError) and self._protocols.fresh
