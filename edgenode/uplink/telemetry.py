"""What the uplink says about the node itself: status, meta, state and health."""

import threading
import time
from typing import Literal, TypeAlias

import msgspec

from edgenode import __version__, health, messages
from edgenode.handover import Inventory, ResultRecord, SenseSnapshot
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
from edgenode.messages.compact import class_ids
from edgenode.mqtt.exchange import Message
from edgenode.node import Node
from edgenode.uplink.retained import RetainedBoard
from edgenode.uplink.states import States
from edgenode.uplink.topics import Topics

Reason: TypeAlias = Literal["boot", "reconnect", "shutdown", "lost"]

LONGEST = 512
"""Characters of an error that are published."""

_encode = msgspec.json.Encoder().encode


class Totals(msgspec.Struct, kw_only=True):
    """What the uplink counts from its start on; each field is written by one thread.

    Attributes:
        protocol: of the connection, the last one while there is none.
        connections: that brokers have accepted.
        published: messages handed to a broker, resent ones too.
        egress: bytes of their payloads.
        denied: publishes the broker refused, or is too small for.
        rejected: packets of sense that were not in the contract.
    """

    protocol: str = ""
    connections: int = 0
    published: int = 0
    egress: int = 0
    denied: int = 0
    rejected: int = 0


class Telemetry:
    """Makes the messages that do not go through the outbox; the newest replaces the older.

    ``inventory``, ``snapshot`` and ``result`` are called from the receiver's thread, the rest from
    the broker's.

    Attributes:
        totals: what the uplink has counted.
        sense_connected: sense is there, so that what is said of it is fresh.
    """

    def __init__(
        self, node: Node, run: str, topics: Topics, board: RetainedBoard, codec: Codec = "json"
    ) -> None:
        self._topics = topics
        self._board = board
        self._began = time.monotonic()
        self._states = States(board, topics)
        self._snapshot = SenseSnapshot(plugins={})
        # Two threads change the birth: the receiver's, and the main one when it reloads.
        self._declaring = threading.Lock()
        self._birth = Birth(
            node=node.id,
            name=node.name,
            site=node.site,
            run=run,
            ts=messages.millis(time.time()),
            sw=__version__,
            codec=codec,
            hw=node.hardware,
        )
        self.totals = Totals()
        self.sense_connected = False
        self._declare()

    def inventory(self, inventory: Inventory) -> None:
        """Sense runs *inventory* from now on."""
        self._declare(
            models=inventory.models, plugins=inventory.plugins, cfg_hash=inventory.cfg_hash
        )
        plugins = [plugin.id for plugin in inventory.plugins]
        self._board.keep_only([self._topics.meta, *map(self._topics.state, plugins)])

    def config_error(self, error: str) -> None:
        """A configuration was refused, and why; empty: one was applied since."""
        self._declare(cfg_error=error[:LONGEST] or msgspec.UNSET)

    def snapshot(self, snapshot: SenseSnapshot) -> None:
        """Take the newest state of sense and its plugins."""
        self._snapshot = snapshot
        self._states.snapshot(snapshot)

    def result(self, record: ResultRecord) -> None:
        """A result was accepted."""
        self._states.result(record)

    def status(self, state: Literal["online", "offline"], reason: Reason, conn: int) -> Message:
        """Return the birth, the death or, as offline/lost, the will of connection *conn*."""
        run, ts = self._birth.run, messages.millis(time.time())
        status = Status(state=state, reason=reason, run=run, conn=conn, ts=ts)
        return Message(topic=self._topics.status, payload=_encode(status), retain=True)

    def health(self, outbox: OutboxHealth, period_s: float) -> Message:
        """Return the health message; it expires after three periods."""
        payload = _encode(self._health(outbox))
        expires_s = round(3 * period_s)
        return Message(topic=self._topics.health, payload=payload, qos=0, expires_s=expires_s)

    def _declare(self, **changes: object) -> None:
        """Put the meta on the board, with these *changes*."""
        with self._declaring:
            before = self._birth
            birth = msgspec.structs.replace(before, **changes)
            if birth != before:
                birth = msgspec.structs.replace(birth, ts=messages.millis(time.time()))
            self._birth = birth
            ids = class_ids(birth.models, birth.plugins)
            self._board.set(self._topics.meta, _encode(birth), ids=ids)

    def _health(self, outbox: OutboxHealth) -> Health:
        figures = health.figures()
        snapshot, totals = self._snapshot, self.totals
        return Health(
            v=messages.VERSION,
            ts=messages.millis(time.time()),
            run=self._birth.run,
            up_s=round(time.monotonic() - self._began, 1),
            clock=figures.clock,
            cpu_c=figures.cpu_c,
            throttled=figures.throttled,
            mem_mb=figures.mem_mb,
            disk_mb=figures.disk_mb,
            accelerators=snapshot.accelerators,
            plugins={plugin: one.health for plugin, one in snapshot.plugins.items()},
            outbox=outbox,
            mqtt=MqttHealth(
                protocol=totals.protocol,
                reconnects=max(0, totals.connections - 1),
                denied=totals.denied,
            ),
            ingress=Ingress(bytes=snapshot.seen_bytes),
            egress=Egress(bytes=totals.egress, rejected=totals.rejected),
        )
