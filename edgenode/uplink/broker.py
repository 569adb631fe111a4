"""What is said to the broker, and when: birth, death, telemetry, and what the outbox holds."""

import logging
import time
from collections.abc import Callable

import msgspec

from edgenode import config
from edgenode.errors import BrokerError
from edgenode.messages import LATE_AFTER_S
from edgenode.messages.compact import CONTENT_TYPE, NO_WORDS
from edgenode.mqtt.client import Listener
from edgenode.mqtt.exchange import FAILURE, QUOTA_EXCEEDED, Message
from edgenode.mqtt.link import Link
from edgenode.uplink import clock, gate
from edgenode.uplink.explain import Explainer
from edgenode.uplink.outbox import Entry, Outbox
from edgenode.uplink.telemetry import Counters, Reason, Telemetry

log = logging.getLogger(__name__)

ENVELOPE = 128
"""Bytes a packet may need beside topic and payload."""

QUOTA_PAUSE_S = 1.0
STALL_S = 30.0
"""Without an acknowledgement for so long the link is dead, whatever the network says."""


class Publisher(Listener):
    """Publishes what waits whenever the link has room. For the client's thread.

    Attributes:
        count: makes the counters for health; whoever wires the uplink sets it.
        drain_s: how long a clean stop may wait for the outbox to empty.
        published: messages handed to a broker, resent ones too.
        egress: bytes of their payloads.
        denied: publishes the broker refused.
    """

    def __init__(
        self, outbox: Outbox, telemetry: Telemetry, explainer: Explainer, mqtt: config.Mqtt
    ) -> None:
        self._outbox = outbox
        self._telemetry = telemetry
        self._explainer = explainer
        self._mqtt = mqtt
        self._link: Link | None = None
        self._under_way: dict[int, Entry] = {}
        self._birth: int | None = None
        self._again: list[Entry] = []
        self._quiet_until = 0.0
        self._answered_at = 0.0
        self._been_online = False
        self._denials_told = False
        self._drain_by: float | None = None
        self._death: int | None = None
        self._dead = False
        self.count: Callable[[], Counters] | None = None
        self.sense_is_there: Callable[[], bool] = lambda: False
        self.drain_s = 1.0
        self.published = 0
        self.egress = 0
        self.denied = 0

    def will(self, number: int) -> Message:
        """Return offline/lost, should connection *number* break."""
        return self._telemetry.status("offline", "lost", number)

    def connected(self, link: Link) -> None:
        """Say that the node is there, and all that the broker may have missed."""
        self._link = link
        self._answered_at = time.monotonic()
        self._denials_told = False
        reason: Reason = "reconnect" if self._been_online else "boot"
        self._been_online = True
        self._publish(link, self._telemetry.status("online", reason, link.number))
        self._telemetry.connected(kept=link.kept and self._birth is None)
        self._birth = None

    def acknowledged(self, ticket: int, reason: int) -> None:
        """Settle what the broker has answered for."""
        self._answered_at = time.monotonic()
        self._dead = self._dead or ticket == self._death
        if ticket == self._birth:
            self._note_birth(heard=reason < FAILURE)
        entry = self._under_way.pop(ticket, None)
        if reason == QUOTA_EXCEEDED and entry is not None:
            self._again.append(entry)
            self._quiet_until = time.monotonic() + QUOTA_PAUSE_S
            return
        if reason >= FAILURE:
            what = "a message" if entry is None else repr(entry.topic)
            self._deny(f"the broker denies us {what} (0x{reason:02x}); check its access list")
        if entry is not None:
            settle = self._outbox.refuse if reason >= FAILURE else self._outbox.acknowledge
            settle(entry)

    def turn(self) -> None:
        """Publish what is due, as far as there is room."""
        self._outbox.expire()
        link = self._link
        if link is None or self._death is not None:
            return
        if not link.unanswered:
            self._answered_at = time.monotonic()
        elif time.monotonic() - self._answered_at > STALL_S:
            raise BrokerError(f"the broker acknowledges nothing for {STALL_S:.0f} s")
        self._explainer.explain()
        self._publish_birth(link)
        self._publish_states(link, fresh=self.sense_is_there())
        self._publish_health(link)
        if time.monotonic() >= self._quiet_until:
            self._send_waiting(link)

    def closing(self) -> bool:
        """Let the outbox empty for a while, say goodbye, and wait until the broker has heard it.

        Without a link: whether neither findings nor states wait for one.
        """
        link = self._link
        waiting = self._outbox.figures().messages
        if link is None:
            return not waiting and not self._telemetry.unpublished
        now = time.monotonic()
        self._drain_by = self._drain_by or now + self.drain_s
        drained = not waiting or now > self._drain_by
        if drained and self._death is None:
            self._publish_birth(link)
            # Sense is not heard any more: its last word is not held back.
            self._publish_states(link, fresh=False)
            if link.room:
                self._publish_health(link, last=True)
                death = self._telemetry.status("offline", "shutdown", link.number)
                self._death = self._publish(link, death)
        return self._dead

    def lost(self) -> None:
        """Have everything that was not acknowledged wait again."""
        self._link = None
        self._under_way.clear()
        self._again.clear()
        self._outbox.give_back()

    def _send_waiting(self, link: Link) -> None:
        while self._again and link.room:
            self._send(link, self._again.pop(0))
        # A result at QoS 0 takes no room: one window's worth a turn.
        for entry in self._outbox.take(link.room):
            self._send(link, entry)

    def _send(self, link: Link, entry: Entry) -> None:
        if not entry.left:
            _date(entry)
            entry.left = True
        message = self._message(entry)
        if not self._fits(link, message):
            self._outbox.refuse(entry)
            return
        ticket = self._publish(link, message)
        if message.qos:
            self._under_way[ticket] = entry
        else:
            self._outbox.acknowledge(entry)

    def _message(self, entry: Entry) -> Message:
        message = Message(
            topic=entry.topic,
            payload=entry.payload,
            qos=1 if entry.event else self._mqtt.result_qos,
            expires_s=int(self._outbox.remaining_s(entry)),
        )
        if self._mqtt.codec == "json":
            return message
        # Packed anew for each attempt: class ids are those of the meta that the broker has by now.
        words = self._telemetry.words.get(entry.plugin, NO_WORDS)
        payload = gate.packed(entry.payload, entry.kind, words)
        return msgspec.structs.replace(message, payload=payload, content_type=CONTENT_TYPE)

    def _publish_birth(self, link: Link) -> None:
        birth = self._telemetry.birth() if link.room else None
        if birth is None:
            return
        if self._fits(link, birth):
            self._birth = self._publish(link, birth)
        else:
            self._note_birth(heard=False)

    def _note_birth(self, *, heard: bool) -> None:
        self._birth = None
        if not heard:
            self._telemetry.unread()

    def _publish_states(self, link: Link, *, fresh: bool) -> None:
        states = self._telemetry.states(fresh=fresh)
        while link.room and (message := next(states, None)) is not None:
            if self._fits(link, message):
                self._publish(link, message)

    def _publish_health(self, link: Link, *, last: bool = False) -> None:
        if self.count is None:
            return
        message = self._telemetry.health(self.count, last=last)
        if message is not None:
            self._publish(link, message)

    def _publish(self, link: Link, message: Message) -> int:
        self.published += 1
        self.egress += len(message.payload)
        return link.publish(message)

    def _fits(self, link: Link, message: Message) -> bool:
        needs = len(message.topic) + len(message.payload) + ENVELOPE
        if needs > link.largest:
            takes = f"the broker takes packets of {link.largest}; raise its limit"
            self._deny(f"{message.topic!r} needs {needs} bytes, {takes}")
        return needs <= link.largest

    def _deny(self, says: str) -> None:
        self.denied += 1
        if not self._denials_told:
            log.error("%s", says)
        self._denials_told = True


def _date(entry: Entry) -> None:
    """Correct the time of a finding if the clock was set meanwhile; mark it if it is late."""
    if step := clock.step_s(entry.clock):
        entry.captured_at = max(0.0, entry.captured_at + step)
        entry.payload = gate.dated(entry.payload, entry.kind, entry.captured_at)
    if time.time() - entry.captured_at > LATE_AFTER_S and entry.explains is None:
        entry.payload = gate.late(entry.payload, entry.kind)
