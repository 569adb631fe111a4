"""The state that belongs to one connection to the broker: what is in flight, and its end."""

import logging
import time
from typing import TypeAlias

from edgenode.errors import BrokerError
from edgenode.messages import Identity
from edgenode.mqtt.exchange import Message
from edgenode.mqtt.link import Link
from edgenode.mqtt.standard import FAILURE, QUOTA_EXCEEDED
from edgenode.uplink.telemetry import Totals
from edgenode.uplink.timing import Timing

log = logging.getLogger(__name__)

DEATH = "death"
"""Stands for our own offline status in ``Sent``: its topic is also the birth's."""

Sent: TypeAlias = Identity | str
"""What was published: a finding or report, a retained topic, or ``DEATH``."""


class Online:
    """Publishes on one link and remembers what is not acknowledged. For the client's thread.

    Attributes:
        in_flight: what was published and not acknowledged yet, by packet id.
        leaving: our death was published; nothing more follows.
        left: the broker has acknowledged our death.
    """

    def __init__(self, link: Link, totals: Totals, timing: Timing) -> None:
        self.link = link
        self.in_flight: dict[int, Sent] = {}
        self.leaving = False
        self.left = False
        self._totals = totals
        self._timing = timing
        self._since = self._answered_at = time.monotonic()
        self._quiet_until = 0.0
        self._denial_logged = False

    @property
    def age_s(self) -> float:
        """How long the connection has stood, in seconds."""
        return time.monotonic() - self._since

    @property
    def paused(self) -> bool:
        """Whether findings must wait, because the broker has refused one for its quota."""
        return time.monotonic() < self._quiet_until

    def publish(self, message: Message, sent: Sent) -> bool:
        """Publish *message*; return False if it is larger than the broker takes.

        *sent* is what ``answered`` returns for it later.
        """
        # Checked here, because a broker closes the connection on a packet that is too large.
        needs = self.link.size(message)
        if needs > self.link.largest:
            self._deny(
                f"{message.topic!r} needs {needs} bytes, the broker takes packets of"
                f" {self.link.largest}; raise its limit"
            )
            return False
        self._totals.published += 1
        self._totals.egress += len(message.payload)
        packet_id = self.link.publish(message)
        if message.qos:
            self.in_flight[packet_id] = sent
        return True

    def answered(self, packet_id: int, reason: int) -> Sent | None:
        """Take note of the broker's acknowledgement; return what it is for."""
        self._answered_at = time.monotonic()
        sent = self.in_flight.pop(packet_id, None)
        self.left = self.left or sent == DEATH
        if reason == QUOTA_EXCEEDED:
            self._quiet_until = time.monotonic() + self._timing.quota_pause_s
        elif reason >= FAILURE:
            what = sent if isinstance(sent, str) else "a finding"
            self._deny(f"the broker denies us {what!r} (0x{reason:02x}); check its access list")
        return sent

    def check(self) -> None:
        """Raise ``BrokerError`` if the broker has acknowledged nothing for ``stall_s``."""
        # The keep alive finds a dead network. This finds a broker that answers pings and no more.
        if not self.link.unanswered:
            self._answered_at = time.monotonic()
        elif time.monotonic() - self._answered_at > self._timing.stall_s:
            raise BrokerError(f"the broker acknowledges nothing for {self._timing.stall_s:.0f} s")

    def _deny(self, why: str) -> None:
        self._totals.denied += 1
        if not self._denial_logged:
            log.error("%s", why)
        self._denial_logged = True
