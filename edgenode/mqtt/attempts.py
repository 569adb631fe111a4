"""When to try the broker again, and with which version of MQTT."""

import random

from edgenode.errors import BrokerError
from edgenode.mqtt.exchange import SilentError, UnansweredError, UnsupportedError


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
