"""Makes the payload of ``state/{plugin}``: the newest counts, fate and error of each plugin."""

import logging
import time
from collections.abc import Iterable

import msgspec

from edgenode import messages
from edgenode.handover.protocol import ResultRecord, SenseSnapshot
from edgenode.messages import State
from edgenode.uplink.retained import RetainedBoard
from edgenode.uplink.topics import Topics

MOST_PLUGINS = 256
"""Above this number the state of a further plugin is not published, which is logged."""

log = logging.getLogger(__name__)

_encode = msgspec.json.Encoder().encode


class States:
    """Puts the newest state of each plugin on the board. For the receiver's thread."""

    def __init__(self, board: RetainedBoard, topics: Topics) -> None:
        self._board = board
        self._topics = topics
        self._states: dict[str, State] = {}
        self._declared: frozenset[str] | None = None
        self._told = False

    def declare(self, plugins: Iterable[str]) -> None:
        """Publish the states of *plugins* only, from now on: those in the newest inventory.

        Findings of a plugin that is gone may still arrive, and must not bring its state back.
        """
        self._declared = frozenset(plugins)
        for plugin in self._states.keys() & self._declared:
            self._publish(plugin)

    def result(self, record: ResultRecord) -> None:
        """Publish the counts of this result, if they have changed."""
        found = record.result
        counts = messages.count(found.findings)
        self._set(record.plugin, messages.millis(found.captured_at), counts=counts)

    def snapshot(self, snapshot: SenseSnapshot) -> None:
        """Publish the fates and errors that have changed; forget plugins that are not in it."""
        now = messages.millis(time.time())
        for gone in self._states.keys() - snapshot.plugins.keys():
            del self._states[gone]
        for plugin, one in snapshot.plugins.items():
            self._set(plugin, now, fate=one.fate, error=one.error)

    def _set(self, plugin: str, ts: int, **changes: object) -> None:
        state = self._states.get(plugin)
        if state is None:
            # Sense may not decide how much memory the uplink takes.
            if len(self._states) >= MOST_PLUGINS:
                self._tell(plugin)
                return
            state = State(v=messages.VERSION, ts=ts, counts={}, fate="running")
        elif all(getattr(state, name) == value for name, value in changes.items()):
            return
        self._states[plugin] = msgspec.structs.replace(state, ts=ts, **changes)
        # A new plugin may be faster than the inventory that declares it: then `declare` does this.
        if self._declared is None or plugin in self._declared:
            self._publish(plugin)

    def _tell(self, plugin: str) -> None:
        if not self._told:
            log.error(
                "no states are published of plugin %r and further ones: there are %d already; "
                "have this node run fewer plugins",
                *(plugin, MOST_PLUGINS),
            )
        self._told = True

    def _publish(self, plugin: str) -> None:
        self._board.set(self._topics.state(plugin), _encode(self._states[plugin]), expires=True)
