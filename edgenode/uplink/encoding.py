"""Makes the published message of an entry, from the fields of the contract alone."""

from collections.abc import Mapping

import msgspec

from edgenode import config, messages
from edgenode.handover.protocol import EventRecord, Record, ResultRecord
from edgenode.messages import LATE_AFTER_S, Dropped, Event, Identity, ResultMessage
from edgenode.messages.compact import CONTENT_TYPE, NO_IDS, ClassIds, pack
from edgenode.mqtt.exchange import Message
from edgenode.uplink.gaps import DropReport
from edgenode.uplink.outbox import Entry
from edgenode.uplink.topics import Topics

_encode = msgspec.json.Encoder().encode


class Encoder:
    """Makes messages of entries. For the client's thread.

    Attributes:
        topics: of this node.
        ids: class ids by plugin, as declared by the last meta that was published.
    """

    def __init__(self, topics: Topics, mqtt: config.Mqtt) -> None:
        self.topics = topics
        self._mqtt = mqtt
        self.ids: Mapping[str, ClassIds] = {}

    def message(self, entry: Entry, expires_s: float) -> Message:
        """Return the message of an entry in flight; the broker may drop it after *expires_s* s.

        The capture time is corrected if the clock was set since. The message is marked ``late``
        if it leaves more than ``LATE_AFTER_S`` after its capture.
        """
        message = Message(
            topic=self._topic(entry),
            payload=b"",
            qos=1 if entry.event else self._mqtt.result_qos,
            expires_s=int(expires_s),
        )
        captured_at = max(0.0, entry.message.captured_at + entry.step_s)
        late = entry.sent_at - captured_at > LATE_AFTER_S
        payload = payload_of(entry.message, entry.identity, captured_at, late=late)
        if self._mqtt.codec == "json":
            return msgspec.structs.replace(message, payload=_encode(payload))
        # Only now: consumers read class ids with the newest meta, which may have changed meanwhile.
        ids = self.ids.get(_plugin(entry), NO_IDS)
        packed = pack(payload, ids)
        return msgspec.structs.replace(message, payload=packed, content_type=CONTENT_TYPE)

    def _topic(self, entry: Entry) -> str:
        match entry.message:
            case ResultRecord(plugin=plugin):
                return self.topics.result(plugin)
            case EventRecord(plugin=plugin):
                return self.topics.event(plugin)
            case DropReport():
                return self.topics.dropped


def payload_of(
    message: Record | DropReport,
    identity: Identity,
    captured_at: float | None = None,
    *,
    late: bool = False,
) -> ResultMessage | Event | Dropped:
    """Return the payload; *captured_at* replaces the capture time, if the clock was set since."""
    at = message.captured_at if captured_at is None else captured_at
    match message:
        case ResultRecord(result=result):
            if at != result.captured_at:
                result = msgspec.structs.replace(result, captured_at=at)
            return messages.result(result, identity, late=late)
        case EventRecord():
            return _event(message, identity, at, late=late)
        case DropReport():
            return _dropped(message, identity, at)


def _plugin(entry: Entry) -> str:
    return "" if isinstance(entry.message, DropReport) else entry.message.plugin


def _event(record: EventRecord, identity: Identity, captured_at: float, *, late: bool) -> Event:
    return Event(
        v=messages.VERSION,
        ts=messages.millis(captured_at),
        run=identity.run,
        seq=identity.seq,
        type=record.type,
        label=record.label,
        score=round(record.score, 3),
        id=record.id,
        zone=record.zone,
        dur_ms=record.dur_ms,
        late=late,
    )


def _dropped(report: DropReport, identity: Identity, captured_at: float) -> Dropped:
    return Dropped(
        v=messages.VERSION,
        ts=messages.millis(captured_at),
        run=identity.run,
        seq=identity.seq,
        reason=report.gap.reason,
        of=report.gap.of,
        ranges=report.gap.ranges,
    )
