"""What the uplink says about the node itself: status, meta, state and health."""

import time
from collections.abc import Callable, Iterator
from typing import Literal, TypeAlias

import msgspec

from edgenode import __version__, health, messages
from edgenode.handover import Inventory, ResultRecord, Vitals
from edgenode.messages import (
    Birth,
    Codec,
    Egress,
    Health,
    Ingress,
    MqttHealth,
    OutboxHealth,
    Status,
)
from edgenode.messages.compact import Vocabulary, vocabularies
from edgenode.mqtt.exchange import Message
from edgenode.node import Node
from edgenode.uplink.states import EXPIRES_S, States
from edgenode.uplink.topics import Topics

Reason: TypeAlias = Literal["boot", "reconnect", "shutdown", "lost"]

_encode = msgspec.json.Encoder().encode


class Counters(msgspec.Struct, frozen=True, kw_only=True):
    """What the rest of the uplink contributes to health."""

    outbox: OutboxHealth
    mqtt: MqttHealth
    egress: Egress


class Telemetry:
    """Makes the messages that do not go through the outbox; the newest replaces the older.

    ``inventory``, ``vitals`` and ``result`` may be called from any thread, the rest from the
    broker's.

    Attributes:
        words: of each plugin, as the last birth has them; empty once nobody can have read it.
    """

    def __init__(
        self, node: Node, run: str, topics: Topics, period_s: float, codec: Codec = "json"
    ) -> None:
        self._node = node
        self._run = run
        self._topics = topics
        self._period_s = period_s
        self._codec = codec
        self._began = time.monotonic()
        self._health_due = self._began
        self._inventory = Inventory()
        self._states = States()
        self._vitals = Vitals(plugins={})
        self._birth_due = True
        self.words: dict[str, Vocabulary] = {}

    def inventory(self, inventory: Inventory) -> None:
        """Sense runs *inventory* from now on."""
        if inventory != self._inventory:
            self._inventory = inventory
            self._birth_due = True

    def vitals(self, vitals: Vitals) -> None:
        """Sense fares as *vitals* say."""
        self._vitals = vitals
        self._states.vitals(vitals)

    def result(self, record: ResultRecord) -> None:
        """A result was accepted."""
        self._states.result(record)

    def status(self, state: Literal["online", "offline"], reason: Reason, conn: int) -> Message:
        """Return the birth, the death or, as offline/lost, the will of connection *conn*."""
        status = Status(
            state=state, reason=reason, run=self._run, conn=conn, ts=messages.millis(time.time())
        )
        return Message(topic=self._topics.status, payload=_encode(status), retain=True)

    def connected(self, *, kept: bool) -> None:
        """Say all again that is retained, unless the broker *kept* our session and so our meta."""
        self._birth_due = self._birth_due or not kept
        self._states.again()

    def birth(self) -> Message | None:
        """Return the meta if it must be published now."""
        if not self._birth_due:
            return None
        self._birth_due = False
        inventory = self._inventory
        self.words = vocabularies(inventory.models, inventory.plugins)
        payload = _encode(self._birth(inventory))
        return Message(topic=self._topics.meta, payload=payload, retain=True)

    def unread(self) -> None:
        """The broker has not taken the last birth: no consumer knows its class ids."""
        self.words = {}

    @property
    def unpublished(self) -> bool:
        """Whether a plugin's state is not published yet."""
        return self._states.unpublished

    def states(self, *, fresh: bool) -> Iterator[Message]:
        """Yield the states that must be published now; *fresh*: sense is there."""
        for plugin, state in self._states.due(fresh=fresh):
            yield Message(
                topic=self._topics.state(plugin),
                payload=_encode(state),
                retain=True,
                expires_s=EXPIRES_S,
            )

    def health(self, count: Callable[[], Counters], *, last: bool = False) -> Message | None:
        """Return the health message if its time has come or it is the *last*.

        *count* is called only then.
        """
        now = time.monotonic()
        if now < self._health_due and not last:
            return None
        self._health_due = now + self._period_s
        payload = _encode(self._health(count()))
        expires_s = round(3 * self._period_s)
        return Message(topic=self._topics.health, payload=payload, qos=0, expires_s=expires_s)

    def _birth(self, inventory: Inventory) -> Birth:
        return Birth(
            node=self._node.id,
            name=self._node.name,
            site=self._node.site,
            run=self._run,
            ts=messages.millis(time.time()),
            sw=__version__,
            codec=self._codec,
            hw=self._node.hardware,
            models=inventory.models,
            plugins=inventory.plugins,
            cfg_hash=inventory.cfg_hash,
        )

    def _health(self, counters: Counters) -> Health:
        figures = health.figures()
        vitals = self._vitals
        # What sense had to drop never reached the outbox, but is as gone.
        dropped = counters.outbox.dropped + vitals.dropped
        return Health(
            v=messages.VERSION,
            ts=messages.millis(time.time()),
            run=self._run,
            up_s=round(time.monotonic() - self._began, 1),
            clock=figures.clock,
            cpu_c=figures.cpu_c,
            throttled=figures.throttled,
            mem_mb=figures.mem_mb,
            disk_mb=figures.disk_mb,
            accelerators=vitals.accelerators,
            plugins={plugin: vital.health for plugin, vital in vitals.plugins.items()},
            outbox=msgspec.structs.replace(counters.outbox, dropped=dropped),
            mqtt=counters.mqtt,
            ingress=Ingress(bytes=vitals.seen_bytes),
            egress=counters.egress,
        )
