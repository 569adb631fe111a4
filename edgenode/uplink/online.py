"""The state that belongs to one connection to the broker: what is in flight, and its end."""

import logging
import time

from edgenode.errors import BrokerError
from edgenode.messages import Identity
from edgenode.mqtt.exchange import Message
from edgenode.mqtt.link import Link
from edgenode.mqtt.standard import FAILURE, NOBODY_SUBSCRIBES, QUOTA_EXCEEDED
from edgenode.uplink.flight import DEATH, Flight, Sending, Sent
from edgenode.uplink.telemetry import Totals
from edgenode.uplink.timing import Timing

log = logging.getLogger(__name__)


class Online:
    """Publishes on one link and remembers what is not acknowledged. For the client's thread.

    Attributes:
        flight: what was published and is not known to have arrived.
        leaving: our death was published; nothing more follows.
        left: the broker has acknowledged our death.
    """

    def __init__(self, link: Link, totals: Totals, timing: Timing) -> None:
        self.link = link
        self.flight = Flight()
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

    def publish(self, message: Message, sent: Sent) -> Message | None:
        """Publish *message*, and return it as it was published: ``Link.fitted``.

        Return None if it is larger than the broker takes. *sent* is what ``answered`` returns for
        it later; at QoS 0 nothing is answered.
        """
        message = self.link.fitted(message)
        # Checked here, because a broker closes the connection on a packet that is too large.
        needs = self.link.size(message)
        if needs > self.link.grants.largest:
            self._deny(
                f"{message.topic!r} needs {needs} bytes, the broker takes packets of"
                f" {self.link.grants.largest}; raise its limit"
            )
            return None
        self._totals.published += 1
        self._totals.egress += len(message.payload)
        packet_id = self.link.publish(message)
        if message.qos:
            self.flight.add(packet_id, sent, message.topic)
        else:
            self.flight.add_unanswerable(message.topic)
            self.left = self.left or sent == DEATH
        return message

    def answered(self, packet_id: int, reason: int) -> Sending | None:
        """Take note of the broker's acknowledgement; return what it is for."""
        self._answered_at = time.monotonic()
        sending = self.flight.answered(packet_id)
        if sending is None:
            return None
        sent = sending.sent
        self.left = self.left or sent == DEATH
        # Of retained messages this says nothing: they are for those who subscribe later.
        self._totals.unheard += reason == NOBODY_SUBSCRIBES and isinstance(sent, Identity)
        if reason == QUOTA_EXCEEDED:
            self._quiet_until = time.monotonic() + self._timing.quota_pause_s
        elif reason >= FAILURE:
            what = sent if isinstance(sent, str) else "a finding"
            self._deny(f"the broker denies us {what!r} (0x{reason:02x}); check its access list")
        return sending

    def check(self) -> None:
        """Raise ``BrokerError`` if the broker has acknowledged nothing for ``stall_s``."""
        # The keep alive finds a dead network. This finds a broker that answers pings and no more.
        if not self.link.unanswered:
            self._answered_at = time.monotonic()
        elif time.monotonic() - self._answered_at > self._timing.stall_s:
            raise BrokerError(f"the broker acknowledges nothing for {self._timing.stall_s:.0f} s")

    def _deny(self, why: str) -> None:
        self._totals.deny()
        if not self._denial_logged:
            log.error("%s", why)
        self._denial_logged = True
