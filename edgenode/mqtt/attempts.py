"""When to try the broker again, and with which version of MQTT."""

import random
from collections.abc import Callable, Sequence

import msgspec

from edgenode import config
from edgenode.errors import BrokerError, EdgenodeError
from edgenode.mqtt import endpoint
from edgenode.mqtt.exchange import (
    Message,
    SilentError,
    Terms,
    UnansweredError,
    UnsupportedError,
)


class Backoff:
    """How long to wait before the next attempt: doubling, with jitter, so that no fleet marches.

    A broker on this machine is asked again soon. Only a connection that held forgives the past:
    two nodes with one id would otherwise throw each other out every second.
    """

    HELD_S = 10.0

    def __init__(self, *, local: bool) -> None:
        first, longest = ((0.1, 0.2), (2.0, 4.0)) if local else ((1.0, 3.0), (60.0, 120.0))
        self._first = random.uniform(*first)  # noqa: S311 - jitter, not a secret
        self._longest = random.uniform(*longest)  # noqa: S311 - jitter, not a secret
        self._next = self._first

    def after(self, held_s: float) -> float:
        """Return the seconds to wait after a connection that held *held_s* (0: it never was)."""
        if held_s >= self.HELD_S:
            self._next = self._first
        wait = self._next
        self._next = min(self._longest, wait * 2)
        return wait


class Protocols:
    """Which version of MQTT to try: "auto" begins with 5 and remembers what the broker speaks.

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
            self._closes += self.CLOSES if isinstance(error, SilentError) else 1
        unsupported = isinstance(error, UnsupportedError) and self.current == "5"
        self.fresh = False
        if not self._auto or self.settled or not (unsupported or self._closes >= self.CLOSES):
            return
        self.current = "3.1.1" if self.current == "5" else "5"
        self._closes = 0
        self.fresh = True


class Attempts:
    """How the next connection is opened, and when. For one thread.

    Attributes:
        at: where the broker is.
    """

    def __init__(self, mqtt: config.Mqtt, client_id: str, subscriptions: Sequence[str]) -> None:
        """Raise ``BrokerError`` if the broker's address cannot be one."""
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
        """The broker has accepted the connection."""
        self._protocols.settled = True
        self._number += 1

    def failed(self, error: BrokerError) -> None:
        """The broker has not accepted the connection."""
        self._protocols.failed(error)
        # A broker that closed without a word may have seen our will.
        self._number += isinstance(error, UnansweredError)

    def wait_s(self, held_s: float) -> float:
        """Return how long to wait now, after a connection that held *held_s* (0: it never was)."""
        return self._backoff.after(held_s)

    def falls_back(self, error: EdgenodeError | None) -> bool:
        """Return whether *error* only means that the other version is tried now."""
        return isinstance(error, UnsupportedError | SilentError) and self._protocols.fresh
