"""The board of retained messages: what was said, what is due, and what must be taken back."""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import msgspec

from edgenode.messages.compact import ClassIds
from edgenode.mqtt.exchange import Message
from edgenode.uplink.timing import Timing

log = logging.getLogger(__name__)

EXPIRES_S = 300


class Retained(msgspec.Struct, kw_only=True):
    """One topic.

    Attributes:
        payload: empty where it is to be taken back.
        expires: the broker forgets it after a while, so it is repeated.
        ids: class ids of each plugin, where it is a meta.
        due: it was not said yet as it is now.
        refused: the broker never takes it.
        heard: the broker has acknowledged what was said last.
        said_at: monotonic seconds.
    """

    payload: bytes
    expires: bool = False
    ids: Mapping[str, ClassIds] | None = None
    due: bool = True
    refused: bool = False
    heard: bool = False
    said_at: float = 0.0


class RetainedBoard:
    """What the broker shall keep for newcomers. From any thread.

    *changed* is called when there is something to say. The topics that were said are remembered in
    *file*, so that a plugin that was renamed while the node was off leaves nothing behind.
    """

    def __init__(
        self,
        file: Path | None = None,
        changed: Callable[[], None] = lambda: None,
        timing: Timing = Timing(),  # noqa: B008 frozen value
    ) -> None:
        self._timing = timing
        self._changed = changed
        # The lock guards all of the following.
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
        """Say *payload* on *topic* from now on, if it is not what is said already."""
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
        """These are all there are: take back every other one, of an earlier start too."""
        kept = set(topics)
        with self._lock:
            for topic in (self._known | self._topics.keys()) - kept:
                gone = self._topics.setdefault(topic, Retained(payload=b""))
                if gone.payload:
                    gone.payload, gone.due = b"", True
        self._changed()

    def connected(self, *, kept: bool) -> None:
        """There is a broker: say all again, but for what it has *kept* with our session."""
        with self._lock:
            for one in self._topics.values():
                one.due = one.due or one.expires or not (kept and one.heard)
                one.said_at = 0.0

    def due(self, *, fresh: bool) -> list[str]:
        """Return the topics that must be said now.

        What expires is said at most each ``state_pause_s``, and repeated while sense is there
        (*fresh*). Once it is gone nothing more will change, and its last state is not held back.
        """
        now = time.monotonic()
        with self._lock:
            return [
                topic
                for topic, one in self._topics.items()
                if self._is_due(one, now - one.said_at, fresh=fresh)
            ]

    def say(self, topic: str) -> tuple[Message, Mapping[str, ClassIds] | None]:
        """Return what to publish on *topic*, and the class ids that it declares if it is a meta."""
        with self._lock:
            one = self._topics[topic]
            one.due, one.heard, one.said_at = False, False, time.monotonic()
            self._known.add(topic)
            self._memory.write(self._known)
            expires_s = EXPIRES_S if one.expires and one.payload else None
            message = Message(topic=topic, payload=one.payload, retain=True, expires_s=expires_s)
            return message, one.ids

    def heard(self, topic: str) -> None:
        """The broker has answered for what was said on *topic*, be it a refusal."""
        with self._lock:
            one = self._topics.get(topic)
            if one is None:
                return
            one.heard = True
            if not (one.payload or one.due):
                del self._topics[topic]
                self._known.discard(topic)
                self._memory.write(self._known)

    def refused(self, topic: str) -> None:
        """The broker never takes *topic*: it is not said any more."""
        with self._lock:
            if topic in self._topics:
                self._topics[topic].refused = True

    @property
    def unsaid(self) -> bool:
        """Whether a state is not said yet as it is now."""
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
    """The topics that were said, in a file; without one nothing is remembered."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._written: set[str] = set()

    def read(self) -> set[str]:
        """Return what an earlier start has written."""
        if self._file is None:
            return set()
        try:
            self._written = set(msgspec.json.decode(self._file.read_bytes(), type=list[str]))
        except FileNotFoundError:
            return set()
        except (OSError, msgspec.MsgspecError) as error:
            log.warning("%s: %s; topics of earlier starts are not taken back", self._file, error)
            return set()
        return set(self._written)

    def write(self, topics: set[str]) -> None:
        """Write *topics* where they have changed, which is when plugins come and go."""
        if self._file is None or topics == self._written:
            return
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            part = self._file.with_suffix(".part")
            part.write_bytes(msgspec.json.encode(sorted(topics)))
            part.replace(self._file)
        except OSError as error:
            log.warning("%s: %s; retained topics are not remembered", self._file, error)
            self._file = None
        self._written = set(topics)
