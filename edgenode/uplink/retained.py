"""The retained messages of the node: what was published, what is due, and what must be deleted."""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import msgspec

from edgenode import files
from edgenode.messages.compact import ClassIds
from edgenode.mqtt.exchange import Message
from edgenode.uplink.timing import Timing

log = logging.getLogger(__name__)

EXPIRES_S = 300
"""After this the broker deletes a state, so that none outlives a node that is gone for good."""


class Retained(msgspec.Struct, kw_only=True):
    """One topic.

    Attributes:
        payload: the newest one; empty if the topic is to be deleted at the broker.
        expires: the broker deletes it after ``EXPIRES_S``, so it must be repeated before that.
        ids: class ids by plugin, if the payload is a meta.
        due: the newest payload was not published yet.
        refused: the broker closes the connection on it; it is not published any more.
        unanswered: how often it was published without an answer of the broker so far.
        published_at: monotonic seconds.
    """

    payload: bytes
    expires: bool = False
    ids: Mapping[str, ClassIds] | None = None
    due: bool = True
    refused: bool = False
    unanswered: int = 0
    published_at: float = 0.0


class RetainedBoard:
    """The payload that the broker shall retain for each topic. For any thread.

    *changed* is called when there is something to publish, not under the lock. The topics that were
    published are remembered in *file*: if a plugin is renamed while the node is off, its old topic
    is deleted at the broker nevertheless.
    """

    def __init__(
        self,
        file: Path | None = None,
        changed: Callable[[], None] = lambda: None,
        timing: Timing = Timing(),  # noqa: B008 frozen value
    ) -> None:
        self._timing = timing
        self._changed = changed
        # Guards all fields below, and the file. Taken by the receiver's thread (set, keep_only),
        # the main one (set, on a reload) and the client's (all else).
        self._lock = threading.Lock()
        self._topics: dict[str, Retained] = {}
        self._memory = _Memory(file)
        self._known = self._memory.read()

    def set(
        self,
        topic: str,
        payload: bytes,
        *,
        expires: bool = False,
        ids: Mapping[str, ClassIds] | None = None,
    ) -> None:
        """Have *payload* published on *topic*, unless it is the newest one already."""
        with self._lock:
            known = self._topics.get(topic)
            if known is not None and known.payload == payload:
                return
            if known is None:
                known = self._topics[topic] = Retained(payload=payload)
            known.payload, known.expires, known.due = payload, expires, True
            known.ids = ids
        self._changed()

    def keep_only(self, topics: Iterable[str]) -> None:
        """Delete all topics at the broker but these, also those of an earlier start."""
        kept = set(topics)
        with self._lock:
            for topic in (self._known | self._topics.keys()) - kept:
                gone = self._topics.setdefault(topic, Retained(payload=b""))
                if gone.payload:
                    gone.payload, gone.due = b"", True
        self._changed()

    def connected(self, *, kept: bool) -> None:
        """Take note of a new connection: all is due again, except what the broker has already.

        *kept*: the broker still had our session, so it has all that it acknowledged.
        """
        with self._lock:
            for one in self._topics.values():
                # A state may have expired at the broker meanwhile, so it is always repeated.
                one.due = one.due or one.expires or one.unanswered > 0 or not kept
                one.unanswered, one.published_at = 0, 0.0

    def due(self, *, fresh: bool) -> list[str]:
        """Return the topics that must be published now.

        *fresh*: sense is connected. Then a state is published at most each ``state_pause_s``, and
        repeated each ``state_repeat_s``. Otherwise its last change is published at once, and it is
        not repeated: the broker shall let it expire.
        """
        now = time.monotonic()
        with self._lock:
            return [
                topic
                for topic, one in self._topics.items()
                if self._is_due(one, now - one.published_at, fresh=fresh)
            ]

    def take(self, topic: str) -> tuple[Message, Mapping[str, ClassIds] | None]:
        """Return the message to publish on *topic*, and the class ids it declares, if any."""
        with self._lock:
            one = self._topics[topic]
            one.due, one.published_at = False, time.monotonic()
            one.unanswered += 1
            # Before it is published: after a crash in between, no topic may be left undeleted.
            self._known.add(topic)
            self._memory.write(self._known)
            expires_s = EXPIRES_S if one.expires and one.payload else None
            message = Message(topic=topic, payload=one.payload, retain=True, expires_s=expires_s)
            return message, one.ids

    def acknowledged(self, topic: str) -> None:
        """Take note that the broker has answered one message on *topic*, if only to refuse it."""
        with self._lock:
            one = self._topics.get(topic)
            if one is None:
                return
            one.unanswered -= 1
            # A deletion has arrived, and nothing was set since. The answer to a message before the
            # deletion does not count.
            if not (one.payload or one.due or one.unanswered):
                del self._topics[topic]
                self._known.discard(topic)
                self._memory.write(self._known)

    def refused(self, topic: str) -> None:
        """Publish nothing more on *topic*: the broker closes the connection on it."""
        with self._lock:
            if topic in self._topics:
                self._topics[topic].refused = True

    @property
    def unpublished(self) -> bool:
        """Whether the newest payload of a state was not published yet."""
        with self._lock:
            states = [one for one in self._topics.values() if one.expires and not one.refused]
            return any(state.due for state in states)

    def _is_due(self, one: Retained, age_s: float, *, fresh: bool) -> bool:
        if one.refused:
            return False
        if not one.expires:
            return one.due
        if one.due:
            return age_s >= self._timing.state_pause_s or not fresh or not one.payload
        return fresh and bool(one.payload) and age_s >= self._timing.state_repeat_s


class _Memory:
    """The topics that were published, in a file; without a file nothing is remembered."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._written: set[str] = set()

    def read(self) -> set[str]:
        """Return the topics of earlier starts; empty if they cannot be read."""
        if self._file is None:
            return set()
        try:
            self._written = set(msgspec.json.decode(self._file.read_bytes(), type=list[str]))
        except FileNotFoundError:
            return set()
        except (OSError, msgspec.MsgspecError) as error:
            log.warning("%s: %s; topics of earlier starts are not deleted", self._file, error)
            return set()
        return set(self._written)

    def write(self, topics: set[str]) -> None:
        """Write *topics* if they have changed."""
        # Plugins come and go seldom; writing at each state would wear out an SD card.
        if self._file is None or topics == self._written:
            return
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            files.replace(self._file, msgspec.json.encode(sorted(topics)))
        except OSError as error:
            log.warning("%s: %s; retained topics are not remembered", self._file, error)
            self._file = None
        self._written = set(topics)
