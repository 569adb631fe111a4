"""A typed subscriber: what all nodes of a site say, as it arrives."""

import re
import secrets
import threading
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Self

import msgspec

from edgenode import config
from edgenode.backend.payloads import Payload
from edgenode.backend.reader import Reader
from edgenode.backend.wills import Wills
from edgenode.errors import BrokerError, ContractError
from edgenode.mqtt.client import Client
from edgenode.mqtt.exchange import Received
from edgenode.mqtt.inbox import Inbox

PLAIN = ("status", "meta", "health")
PER_PLUGIN = ("result", "event", "state")
OUTBOX = "_outbox"
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """How long to try before no connection is an error.

    Attributes:
        refused_s: while the broker answers, but does not let us in.
        silent_s: of the first attempt; a broker may be far, or silent.
    """

    refused_s: float = 3.0
    silent_s: float = 20.0


TIMING = Timing()


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """One message that has arrived.

    Attributes:
        kind: ``status``, ``meta``, ``health``, ``result``, ``event`` or ``state``.
        plugin: the last part of the topic, empty for the first three kinds; ``_outbox`` beside a
            ``Dropped``.
        message: the payload, typed.
        payload: its bytes.
        retained: the broker had kept it; else it was published just now.
    """

    topic: str
    node: str
    kind: str
    plugin: str
    message: Payload
    payload: bytes
    retained: bool = False


class Subscriber:
    """Subscribes to all nodes below a prefix, or to *node* alone.

    ::

        with Subscriber(Mqtt(url="mqtt://broker.example")) as subscriber:
            for arrival in subscriber:
                ...

    Wills of connections that others have followed are ignored. For one thread.

    Attributes:
        undecodable: payloads that are not in the contract.
        unexpected: messages on topics we did not ask for; some brokers leak them.
    """

    def __init__(self, mqtt: config.Mqtt, node: str = "+", timing: Timing = TIMING) -> None:
        """Connect to nothing yet. Raise ``BrokerError`` if the URL cannot be a broker's."""
        self._prefix = f"{mqtt.prefix}/"
        self._node = node
        self._timing = timing
        self._connected = threading.Event()
        self._inbox = Inbox(on_connected=self._connected.set)
        self._reader = Reader()
        self._wills = Wills()
        client_id = f"watch-{secrets.token_hex(4)}"
        self._client = Client(mqtt, client_id, self._inbox, filters(mqtt.prefix, node))
        self.undecodable = 0
        self.unexpected = 0

    def __enter__(self) -> Self:
        """Connect. Raise ``BrokerError`` when the broker cannot be reached or refuses us."""
        timing, nothing_yet = self._timing, self._client.reason
        self._client.start()
        began = time.monotonic()
        while not self._connected.wait(0.1):
            reason = self._client.reason
            limit_s = timing.silent_s if reason == nothing_yet else timing.refused_s
            if time.monotonic() - began > limit_s:
                self._client.stop()
                raise BrokerError(reason)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Disconnect."""
        self._client.stop()

    def __iter__(self) -> Iterator[Arrival]:
        """Yield what arrives, for ever."""
        while True:
            arrival = self.take(1.0)
            if arrival is not None:
                yield arrival

    @property
    def trouble(self) -> str:
        """Why there is no connection now, empty while there is one; it is made again by itself."""
        return self._client.reason

    @property
    def lost(self) -> int:
        """Messages that arrived faster than they were taken, and were overwritten."""
        return self._inbox.overwritten

    @property
    def outdated(self) -> int:
        """Wills that were ignored."""
        return self._wills.ignored

    def take(self, timeout: float) -> Arrival | None:
        """Return what has arrived, waiting for it at most *timeout* seconds; None for nothing."""
        deadline = time.monotonic() + timeout
        while True:
            received = self._inbox.take(max(0.0, deadline - time.monotonic()))
            if received is None:
                return None
            arrival = self._arrival(received)
            if arrival is not None and not self._wills.outdated(arrival.node, arrival.message):
                return arrival

    def _arrival(self, received: Received) -> Arrival | None:
        place = self._place(received.topic)
        if place is None:
            self.unexpected += 1
            return None
        node, kind, plugin = place
        try:
            what = f"{kind}/{plugin}" if plugin == OUTBOX else kind
            message = self._reader.read(node, what, plugin, received.payload)
        except ContractError:
            self.undecodable += 1
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
        """Return node, kind and plugin of a topic that we subscribed to, else None."""
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
    """Return disjoint topic filters: some brokers deliver once for each filter that matches."""
    return (
        *(f"{prefix}/{node}/{kind}" for kind in PLAIN),
        *(f"{prefix}/{node}/{kind}/+" for kind in PER_PLUGIN),
    )
