"""Reads what arrives of nodes: which message of the contract it is, and what is none."""

import re

import msgspec

from edgenode.backend.payloads import Payload
from edgenode.backend.reader import Reader
from edgenode.backend.wills import Wills
from edgenode.errors import ContractError
from edgenode.mqtt.exchange import Received

PLAIN = ("status", "meta", "health")
PER_PLUGIN = ("result", "event", "state")
RETAINED = ("status", "meta", "state")
OUTBOX = "_outbox"
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """One message that has arrived.

    Attributes:
        kind: ``status``, ``meta``, ``health``, ``result``, ``event`` or ``state``.
        plugin: the last part of the topic, empty for the first three kinds; ``_outbox`` beside a
            ``Dropped``.
        message: the decoded payload.
        payload: its bytes.
        retained: the broker had retained it; otherwise it was published just now.
    """

    topic: str
    node: str
    kind: str
    plugin: str
    message: Payload
    payload: bytes
    retained: bool = False


class Arrivals:
    """Reads what arrives below a prefix, of *node* alone or of all (``+``). For one thread.

    A will is passed over if the node has connected again already.

    Attributes:
        reader: has the class ids of each node.
        undecodable: payloads that are not in the contract.
        unexpected: messages on topics that were not asked for; some brokers leak them.
    """

    def __init__(self, prefix: str, node: str = "+") -> None:
        self._prefix = f"{prefix}/"
        self._node = node
        self._wills = Wills()
        self.reader = Reader()
        self.undecodable = 0
        self.unexpected = 0

    @property
    def outdated(self) -> int:
        """Number of wills that were passed over."""
        return self._wills.ignored

    def read(self, received: Received) -> Arrival | None:
        """Return the message, None if it is not one of the contract or not the latest will."""
        place = self._place(received.topic)
        if place is None:
            self.unexpected += 1
            return None
        node, kind, plugin = place
        if not received.payload and kind in RETAINED:
            # So a node deletes what the broker has retained, as after a plugin was renamed.
            return None
        try:
            what = f"{kind}/{plugin}" if plugin == OUTBOX else kind
            message = self.reader.read(node, what, plugin, received.payload)
        except ContractError:
            self.undecodable += 1
            return None
        if self._wills.note(node, message):
            return None
        return Arrival(
            topic=received.topic,
            node=node,
            kind=kind,
            plugin=plugin,
            message=message,
            payload=received.payload,
            retained=received.retained,
        )

    def _place(self, topic: str) -> tuple[str, str, str] | None:
        """Return node, kind and plugin of a topic, None if it is not one of the contract."""
        if not topic.startswith(self._prefix):
            return None
        match topic.removeprefix(self._prefix).split("/"):
            case [node, kind] if kind in PLAIN and self._is_ours(node):
                return node, kind, ""
            case [node, "event", name] if name == OUTBOX and self._is_ours(node):
                return node, "event", OUTBOX
            case [node, kind, plugin] if kind in PER_PLUGIN and self._is_ours(node):
                return (node, kind, plugin) if NAME.fullmatch(plugin) else None
        return None

    def _is_ours(self, node: str) -> bool:
        return self._node == node or (self._node == "+" and NAME.fullmatch(node) is not None)


def filters(prefix: str, node: str = "+") -> tuple[str, ...]:
    """Return the topic filters for *node*, or for all nodes."""
    # Disjoint, because some brokers deliver a message once for each filter that matches.
    return (
        *(f"{prefix}/{node}/{kind}" for kind in PLAIN),
        *(f"{prefix}/{node}/{kind}/+" for kind in PER_PLUGIN),
    )
