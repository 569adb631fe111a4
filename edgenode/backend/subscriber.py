"""Subscribes to the messages of all nodes of a site and returns them typed."""

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
from edgenode.mqtt.exchange import Received, Subscription
from edgenode.mqtt.inbox import Inbox

PLAIN = ("status", "meta", "health")
PER_PLUGIN = ("result", "event", "state")
OUTBOX = "_outbox"
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """How long to wait for the first connection before that is an error, in seconds.

    Attributes:
        refused_s: if an attempt has failed, as when the broker refuses us.
        silent_s: if the first attempt has not ended; a broker may be far away, or silent.
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


class Subscriber:
    """Subscribes to all nodes below a prefix, or to *node* alone.

    ::

        with Subscriber(Mqtt(url="mqtt://broker.example")) as subscriber:
            for arrival in subscriber:
                ...

    A will is ignored if the node has connected again already. For one thread.

    Attributes:
        undecodable: payloads that are not in the contract.
        unexpected: messages on topics we did not ask for; some brokers leak them.
    """

    def __init__(self, mqtt: config.Mqtt, node: str = "+", timing: Timing = TIMING) -> None:
        """Raise ``BrokerError`` if the broker's URL is not valid. Nothing is connected yet."""
        self._prefix = f"{mqtt.prefix}/"
        self._node = node
        self._timing = timing
        self._connected = threading.Event()
        self._inbox = Inbox(on_connected=self._connected.set)
        self._reader = Reader()
        self._wills = Wills()
        client_id = f"watch-{secrets.token_hex(4)}"
        self._client = Client(
            mqtt, client_id, self._inbox, Subscription(filters(mqtt.prefix, node))
        )
        self.undecodable = 0
        self.unexpected = 0

    def __enter__(self) -> Self:
        """Connect. Raise ``BrokerError`` if the broker cannot be reached or refuses us."""
        timing, nothing_yet = self._timing, self._client.reason
        self._client.start()
        began = time.monotonic()
        while not self._connected.wait(0.1):
            # Another reason than the initial one means that an attempt has ended. The client goes
            # on with MQTT 3.1.1 or after a pause, so it gets a moment more.
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
        """Yield each message that arrives, without end."""
        while True:
            arrival = self.take(1.0)
            if arrival is not None:
                yield arrival

    @property
    def trouble(self) -> str:
        """Why there is no connection now, empty if there is one. Attempts to connect go on."""
        return self._client.reason

    @property
    def lost(self) -> int:
        """Number of messages that were lost because they arrived faster than they were taken."""
        return self._inbox.overwritten

    @property
    def outdated(self) -> int:
        """Number of wills that were ignored."""
        return self._wills.ignored

    def take(self, timeout: float) -> Arrival | None:
        """Return the next message, None if none has arrived within *timeout* seconds."""
        deadline = time.monotonic() + timeout
        # More than once, because what arrives may be no message of ours, or an old will.
        while True:
            received = self._inbox.take(max(0.0, deadline - time.monotonic()))
            if received is None:
                return None
            arrival = self._arrival(received)
            if arrival is not None and not self._wills.note(arrival.node, arrival.message):
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
