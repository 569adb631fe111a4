"""One connection to the broker, from its birth to its end: what is in flight on it."""

import logging
import time
from typing import TypeAlias

from edgenode.errors import BrokerError
from edgenode.mqtt.exchange import FAILURE, QUOTA_EXCEEDED, Message
from edgenode.mqtt.link import Link
from edgenode.uplink.outbox import Departure
from edgenode.uplink.telemetry import Totals
from edgenode.uplink.timing import Timing

log = logging.getLogger(__name__)

DEATH = "our goodbye"

Sent: TypeAlias = Departure | str
"""What a ticket is for: an entry of the outbox, a topic, or ``DEATH``."""


class Online:
    """Publishes on one link and knows what waits for an answer. For the client's thread.

    Attributes:
        in_flight: what waits for an answer, by ticket.
        leaving: our goodbye is said.
        left: the broker has heard it.
    """

    def __init__(self, link: Link, totals: Totals, timing: Timing) -> None:
        self.link = link
        self.in_flight: dict[int, Sent] = {}
        self.leaving = False
        self.left = False
        self._totals = totals
        self._timing = timing
        self._answered_at = time.monotonic()
        self._quiet_until = 0.0
        self._denial_logged = False

    @property
    def paused(self) -> bool:
        """Whether the broker has had enough for now."""
        return time.monotonic() < self._quiet_until

    def publish(self, message: Message, sent: Sent) -> bool:
        """Publish *message*; return False where it is larger than the broker takes."""
        needs = self.link.size(message)
        if needs > self.link.largest:
            self._deny(
                f"{message.topic!r} needs {needs} bytes, the broker takes packets of"
                f" {self.link.largest}; raise its limit"
            )
            return False
        self._totals.published += 1
        self._totals.egress += len(message.payload)
        ticket = self.link.publish(message)
        if message.qos:
            self.in_flight[ticket] = sent
        return True

    def answered(self, ticket: int, reason: int) -> Sent | None:
        """Take note of the broker's answer; return what it is for."""
        self._answered_at = time.monotonic()
        sent = self.in_flight.pop(ticket, None)
        self.left = self.left or sent == DEATH
        if reason == QUOTA_EXCEEDED:
            self._quiet_until = time.monotonic() + self._timing.quota_pause_s
        elif reason >= FAILURE:
            what = sent if isinstance(sent, str) else "a finding"
            self._deny(f"the broker denies us {what!r} (0x{reason:02x}); check its access list")
        return sent

    def check(self) -> None:
        """Raise ``BrokerError`` where the broker answers nothing any more."""
        if not self.link.unanswered:
            self._answered_at = time.monotonic()
        elif time.monotonic() - self._answered_at > self._timing.stall_s:
            raise BrokerError(f"the broker acknowledges nothing for {self._timing.stall_s:.0f} s")

    def _deny(self, says: str) -> None:
        self._totals.denied += 1
        if not self._denial_logged:
            log.error("%s", says)
        self._denial_logged = True
