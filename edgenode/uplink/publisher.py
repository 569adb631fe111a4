"""Decides what is published and when: status, retained messages, health, and findings."""

import logging
import time

import msgspec

from edgenode.errors import BrokerError
from edgenode.messages import Identity
from edgenode.mqtt.client import Handler
from edgenode.mqtt.exchange import ClosedError, Message
from edgenode.mqtt.link import Link
from edgenode.mqtt.standard import FAILURE, QUOTA_EXCEEDED
from edgenode.uplink.encoding import Encoder
from edgenode.uplink.flight import DEATH, Sent
from edgenode.uplink.gaps import DropReport
from edgenode.uplink.online import Online
from edgenode.uplink.outbox import Entry, Outbox
from edgenode.uplink.retained import RetainedBoard
from edgenode.uplink.suspects import DENIED_S, Suspects
from edgenode.uplink.telemetry import Reason, Telemetry
from edgenode.uplink.timing import Timing

log = logging.getLogger(__name__)


class Publisher(Handler):
    """Publishes what waits whenever the link has room. Called from the client's thread."""

    def __init__(
        self,
        outbox: Outbox,
        board: RetainedBoard,
        telemetry: Telemetry,
        encoder: Encoder,
        timing: Timing = Timing(),  # noqa: B008 frozen value
    ) -> None:
        self._outbox = outbox
        self._board = board
        self._telemetry = telemetry
        self._encoder = encoder
        self._timing = timing
        self._topics = encoder.topics
        self._suspects = Suspects()
        # Topics of QoS 0 on which the broker may have closed: at QoS 1 until one is answered.
        self._careful: set[str] = set()
        self._online: Online | None = None
        self._health_due = time.monotonic()
        self._drain_until: float | None = None

    def will(self, number: int) -> Message:
        """Return the status offline/lost, which the broker publishes if the connection breaks."""
        return self._telemetry.status("offline", "lost", number)

    def connected(self, link: Link) -> None:
        """Publish the birth; retained messages and findings follow in ``turn``."""
        totals = self._telemetry.totals
        totals.connections += 1
        totals.protocol = link.protocol
        reason: Reason = "boot" if totals.connections == 1 else "reconnect"
        self._online = online = Online(link, totals, self._timing)
        online.publish(self._telemetry.status("online", reason, link.number), self._topics.status)
        self._board.connected(kept=link.grants.session)

    def acknowledged(self, packet_id: int, reason: int) -> None:
        """Take note of the broker's answer: done, refused, or to be sent again."""
        if self._online is None:
            return
        sending = self._online.answered(packet_id, reason)
        if sending is None:
            return
        sent = sending.sent
        self._suspects.answered(sent, sending.topic)
        self._careful.discard(sending.topic)
        if isinstance(sent, Identity):
            self._end(sent, reason)
        else:
            self._acknowledged(sent, taken=reason < FAILURE)

    def turn(self) -> None:
        """Publish what is due, as far as there is room."""
        # Also without a connection: what is too old must not fill the outbox.
        self._outbox.expire()
        online = self._online
        if online is None or online.leaving:
            return
        online.check()
        self._publish_retained(online)
        self._publish_health(online)
        if not online.paused:
            self._publish_findings(online)
        if self._drain_until is not None:
            self._leave(online, self._drain_until)

    def drain(self, timeout: float) -> None:
        """Empty the outbox for at most *timeout* seconds; then ``turn`` publishes our death."""
        self._drain_until = time.monotonic() + timeout

    @property
    def drained(self) -> bool:
        """Whether the broker has acknowledged our death; without a link: whether nothing waits."""
        if self._online is not None:
            return self._online.left
        return not self._outbox.health().messages and not self._board.unpublished

    def lost(self, error: BrokerError | None) -> None:
        """Let all that was not acknowledged wait again, except messages the broker closes on."""
        online, self._online = self._online, None
        if online is None:
            return
        if isinstance(error, ClosedError):
            self._suspect(online)
        # More than was published: an exception may have ended the connection before all of a batch.
        self._outbox.disconnected()

    def _suspect(self, online: Online) -> None:
        """Take note that the broker has closed, and give up what it closes on each time."""
        # Every connection begins with the status, so this is never given up.
        sendings = online.flight.sendings.items()
        suspected = {sent: topic for sent, topic in sendings if topic != self._topics.status}
        self._careful |= online.flight.unproven
        for sent in self._suspects.closed(suspected):
            self._telemetry.totals.deny()
            log.error("the broker closes each time on %s: it is given up", _title(sent))
            if isinstance(sent, str):
                self._board.refused(sent)
            else:
                self._outbox.end(refused=[sent])
            if self._suspects.denies(suspected[sent]):
                log.error(
                    "the broker closes on all of topic %r: nothing is sent on it for %.0f min; "
                    "check its access list",
                    *(suspected[sent], DENIED_S / 60),
                )
        # What it closes on is told apart sooner if it is not first sent a minute later.
        if self._topics.health in online.flight.unproven | suspected.keys():
            self._health_due = time.monotonic()

    def _room(self, online: Online) -> int:
        """Return how many messages of QoS 1 may be published now."""
        # A suspect goes alone: if the broker closes then, it is known on which message.
        if self._suspects:
            # A broker that crashes does so at any time or just after its start, seldom a second
            # later and just then: so it is not taken for one that closes on this message.
            early = self._suspects.closed_alone and online.age_s < self._timing.suspect_s
            return 0 if online.flight or early else 1
        return online.link.room

    def _publish_retained(self, online: Online) -> None:
        fresh = self._drain_until is None and self._telemetry.sense_connected
        for topic in self._board.due(fresh=fresh):
            if not self._room(online):
                return
            message, ids = self._board.take(topic)
            if not message.payload and not online.link.grants.retains:
                # There is nothing to delete at this broker.
                self._acknowledged(topic, taken=True)
                continue
            published = online.publish(message, topic)
            if published is not None and ids is not None:
                # MQTT keeps the order within a connection: findings follow the meta they need.
                self._encoder.ids = ids
            if published is None or not published.qos:
                self._acknowledged(topic, taken=published is not None)

    def _publish_health(self, online: Online) -> None:
        topic = self._topics.health
        if time.monotonic() < self._health_due or not self._room(online):
            return
        self._health_due = time.monotonic() + self._timing.health_period_s
        if not self._suspects.denies(topic):
            online.publish(self._carefully(self._health()), topic)

    def _publish_findings(self, online: Online) -> None:
        # At QoS 0 nothing is acknowledged and the room stays the same: one window in each turn.
        for entry in self._outbox.begin(self._room(online)):
            sent = entry.identity
            if sent not in self._suspects and not isinstance(entry.message, DropReport):
                # Suspects are the oldest findings and come first: after another one none is left.
                self._suspects.clear()
            message = self._message(entry)
            published = online.publish(message, sent) if message is not None else None
            if published is None:
                self._outbox.end(refused=[sent])
            elif not published.qos:
                self._outbox.end(done=[sent])

    def _message(self, entry: Entry) -> Message | None:
        """Return the message of *entry*, None if the broker denies its topic.

        Also if it cannot be encoded: that is a bug.
        """
        try:
            message = self._encoder.message(entry, self._outbox.remaining_s(entry))
        except Exception:
            # Left in the outbox it would end every connection, and block all findings behind it.
            log.exception("%s cannot be encoded: it is dropped", _title(entry.identity))
            return None
        if self._suspects.denies(message.topic):
            self._telemetry.totals.deny()
            return None
        return self._carefully(message)

    def _carefully(self, message: Message) -> Message:
        """Return *message* at QoS 1 if the broker may have closed on its topic."""
        careful = message.topic in self._careful
        return msgspec.structs.replace(message, qos=1) if careful else message

    def _leave(self, online: Online, drain_until: float) -> None:
        waits = self._outbox.health().messages > 0 or self._board.unpublished
        if waits and time.monotonic() < drain_until:
            return
        if online.link.room:
            if not self._suspects.denies(self._topics.health):
                online.publish(self._health(), self._topics.health)
            death = self._telemetry.status("offline", "shutdown", online.link.number)
            online.publish(death, DEATH)
            online.leaving = True

    def _health(self) -> Message:
        return self._telemetry.health(self._outbox.health(), self._timing.health_period_s)

    def _end(self, finding: Identity, reason: int) -> None:
        if reason == QUOTA_EXCEEDED:
            self._outbox.end(keep=[finding])
        elif reason >= FAILURE:
            self._outbox.end(refused=[finding])
        else:
            self._outbox.end(done=[finding])

    def _acknowledged(self, topic: str, *, taken: bool) -> None:
        """Take note that the broker has answered for *topic*; *taken*: it has not refused it."""
        self._board.acknowledged(topic)
        if topic == self._topics.meta and not taken:
            # Consumers do not have this meta, so they cannot read its class ids: send labels.
            self._encoder.ids = {}


def _title(sent: Sent) -> str:
    if isinstance(sent, str):
        return f"topic {sent!r}"
    return f"finding {sent.seq} of run {sent.run}"
