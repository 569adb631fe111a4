"""How things stand with each plugin: what ``state/{plugin}`` says, and when it is due."""

import threading
import time
from collections.abc import Iterator

import msgspec

from edgenode import messages
from edgenode.handover import ResultRecord, Vitals
from edgenode.messages import State

EXPIRES_S = 300
AGAIN_S = 240.0
"""An unchanged state is published again before the broker forgets it."""

PAUSE_S = 1.0
MOST = 256
"""Plugins; beyond, the state of new ones is not kept."""


class _Standing(msgspec.Struct):
    state: State
    changed: bool = True
    published_at: float = 0.0


class States:
    """The newest state of each plugin. From any thread."""

    def __init__(self) -> None:
        self._standings: dict[str, _Standing] = {}
        self._lock = threading.Lock()

    def result(self, record: ResultRecord) -> None:
        """A plugin has found something, or nothing any more."""
        found = record.result
        counts = messages.count(found.findings)
        with self._lock:
            self._set(record.plugin, messages.millis(found.captured_at), counts=counts)

    def vitals(self, vitals: Vitals) -> None:
        """Sense says how its plugins fare; what it does not name any more is forgotten."""
        now = messages.millis(time.time())
        with self._lock:
            for gone in self._standings.keys() - vitals.plugins.keys():
                del self._standings[gone]
            for plugin, vital in vitals.plugins.items():
                self._set(plugin, now, fate=vital.fate, error=vital.error)

    def again(self) -> None:
        """All are due: the broker may have forgotten them."""
        with self._lock:
            for standing in self._standings.values():
                standing.published_at = 0.0
                standing.changed = True

    @property
    def unpublished(self) -> bool:
        """Whether one of them is not published yet."""
        with self._lock:
            return any(standing.changed for standing in self._standings.values())

    def due(self, *, fresh: bool) -> Iterator[tuple[str, State]]:
        """Yield what must be published now: what has changed, at most once a second each.

        Unchanged ones are repeated before they expire, but only while sense is there (*fresh*).
        Once it is gone nothing more will change, and its last word is not held back.
        """
        now = time.monotonic()
        with self._lock:
            due = [
                (plugin, standing)
                for plugin, standing in self._standings.items()
                if _is_due(standing, now - standing.published_at, fresh=fresh)
            ]
        for plugin, standing in due:
            standing.changed = False
            standing.published_at = now
            yield plugin, standing.state

    def _set(self, plugin: str, ts: int, **news: object) -> None:
        standing = self._standings.get(plugin)
        if standing is None:
            if len(self._standings) >= MOST:
                return
            state = State(v=messages.VERSION, ts=ts, counts={}, fate="running")
            standing = self._standings[plugin] = _Standing(state)
        if any(getattr(standing.state, name) != value for name, value in news.items()):
            standing.state = msgspec.structs.replace(standing.state, ts=ts, **news)
            standing.changed = True


def _is_due(standing: _Standing, age_s: float, *, fresh: bool) -> bool:
    if standing.changed:
        return age_s >= PAUSE_S or not fresh
    return fresh and age_s >= AGAIN_S
