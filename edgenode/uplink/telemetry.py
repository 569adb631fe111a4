"""Makes the messages about the node itself: status, meta, state and health."""

import threading
import time
from typing import Literal, TypeAlias

import msgspec

from edgenode import __version__, health, messages
from edgenode.handover.protocol import Inventory, ResultRecord, SenseSnapshot
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

LONGEST_ERROR = 512
"""Characters of an error in meta; more are cut off."""

_encode = msgspec.json.Encoder().encode


class Totals(msgspec.Struct, kw_only=True):
    """What the uplink counts from its start on.

    Attributes:
        protocol: MQTT version of the connection, or of the last one.
        connections: connections that brokers have accepted.
        published: messages handed to a broker, resent ones too.
        egress: bytes of their payloads.
        denied: messages the broker refused, or that were too large for it; see ``deny``.
        denied_at: when the last of these was, in monotonic seconds; 0 if there is none.
        unheard: findings the broker took though nobody subscribes to them; on MQTT 5 it may tell.
        rejected: packets of sense that were not in the contract.
    """

    # No lock: `rejected` is written by the receiver's thread alone, the others by the client's.
    protocol: str = ""
    connections: int = 0
    published: int = 0
    egress: int = 0
    denied: int = 0
    denied_at: float = 0.0
    unheard: int = 0
    rejected: int = 0

    def deny(self) -> None:
        """Count a message that the broker does not take."""
        self.denied += 1
        self.denied_at = time.monotonic()


class Telemetry:
    """Makes the messages that do not go through the outbox: a newer one replaces the older.

    ``inventory``, ``snapshot`` and ``result`` are called from the receiver's thread, ``status`` and
    ``health`` from the client's, ``config_error`` from the main one.

    Attributes:
        totals: what the uplink has counted.
        sense_connected: whether sense has sent its ``Hello`` and not closed since, so that its last
            state is the current one.
    """

    def __init__(
        self, node: Node, run: str, topics: Topics, board: RetainedBoard, codec: Codec = "json"
    ) -> None:
        self._topics = topics
        self._board = board
        self._began = time.monotonic()
        self._states = States(board, topics)
        self._snapshot = SenseSnapshot(plugins={})
        # Guards the birth. Taken by the receiver's thread (inventory) and the main one
        # (config_error); held until the board has it, so that the newer birth is set last.
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
        """Publish the models and plugins of sense in meta; delete states of other plugins."""
        self._declare(
            models=inventory.models, plugins=inventory.plugins, cfg_hash=inventory.cfg_hash
        )
        plugins = [plugin.id for plugin in inventory.plugins]
        self._states.declare(plugins)
        self._board.keep_only([self._topics.meta, *map(self._topics.state, plugins)])

    def config_error(self, error: str) -> None:
        """Publish in meta why a configuration was refused; empty: one was applied since."""
        self._declare(cfg_error=error[:LONGEST_ERROR] or msgspec.UNSET)

    def snapshot(self, snapshot: SenseSnapshot) -> None:
        """Take the newest state of sense and its plugins."""
        self._snapshot = snapshot
        self._states.snapshot(snapshot)

    def result(self, record: ResultRecord) -> None:
        """Take a new result, for the state of its plugin."""
        self._states.result(record)

    def status(self, state: Literal["online", "offline"], reason: Reason, conn: int) -> Message:
        """Return a status of connection *conn*: birth, death or, as offline/lost, the will."""
        run, ts = self._birth.run, messages.millis(time.time())
        status = Status(state=state, reason=reason, run=run, conn=conn, ts=ts)
        return Message(topic=self._topics.status, payload=_encode(status), retain=True)

    def health(self, outbox: OutboxHealth, period_s: float) -> Message:
        """Return the health message; it expires after three periods of *period_s* seconds."""
        payload = _encode(self._health(outbox))
        expires_s = round(3 * period_s)
        return Message(topic=self._topics.health, payload=payload, qos=0, expires_s=expires_s)

    def _declare(self, **changes: object) -> None:
        """Set the meta with these *changes*."""
        with self._declaring:
            before = self._birth
            birth = msgspec.structs.replace(before, **changes)
            # Without a change the time stays too: then nothing is published.
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
                unheard=totals.unheard if totals.protocol == "5" else msgspec.UNSET,
            ),
            ingress=Ingress(bytes=snapshot.seen_bytes),
            egress=Egress(bytes=totals.egress, rejected=totals.rejected),
        )
