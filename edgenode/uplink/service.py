"""Wires the uplink: handover, gate, outbox, broker. No array and no device comes in here."""

import time

from edgenode import config, messages, node
from edgenode.messages import Egress, MqttHealth
from edgenode.mqtt.client import Client
from edgenode.uplink.broker import Publisher
from edgenode.uplink.explain import Explainer
from edgenode.uplink.intake import Intake
from edgenode.uplink.ledger import Identities, Ledger
from edgenode.uplink.outbox import Entry, MemoryOutbox
from edgenode.uplink.reception import Reception
from edgenode.uplink.telemetry import Counters, Telemetry
from edgenode.uplink.topics import Topics

ATTEMPT_S = 60.0
"""How long one attempt to connect may last: names are looked up slowly where no network is."""


class Uplink:
    """The process with the network, usable in any process; two threads of its own.

    Raise ``BrokerError`` if the broker's address cannot be one.

    Attributes:
        node: who we are.
        run: this start of the uplink, in every message.
    """

    def __init__(self, settings: config.Config, self_description: node.Node | None = None) -> None:
        self.node = self_description or node.describe(settings.node)
        self.run = messages.new_run()
        mqtt, period_s = settings.mqtt, settings.health.period_s
        topics = Topics(mqtt.prefix, self.node.id)
        identities = Identities(self.run)
        telemetry = Telemetry(self.node, self.run, topics, period_s, mqtt.codec)
        self._outbox = MemoryOutbox(settings.outbox, self._settle, self._stir)
        self._reception = Reception(Ledger(identities), self._outbox, topics, telemetry)
        self._intake = Intake(settings.handover.socket, self._reception)
        explainer = Explainer(self._outbox, identities, topics)
        self._publisher = Publisher(self._outbox, telemetry, explainer, mqtt)
        self._publisher.count = self._count
        self._publisher.sense_is_there = lambda: self._intake.connected
        self._client = Client(mqtt, self.node.id, self._publisher)
        self._seen = (0, 0)

    def start(self) -> None:
        """Listen for sense and connect. Raise ``ConfigError`` if the socket cannot be made."""
        self._intake.start()
        self._client.start()

    def stop(self, timeout: float = 5.0) -> bool:
        """Publish what waits as far as time allows, say goodbye, end; return whether in time.

        *timeout* is the broker's; hearing sense out and ending its socket take up to 3 s more.
        While no broker answers, nothing is tried anew.
        """
        self._publisher.drain_s = timeout * 0.4
        self._intake.hush()
        done = self._client.stop(timeout)
        self._intake.stop()
        return done

    @property
    def connected(self) -> bool:
        """Whether the broker has accepted us and is there."""
        return self._client.connected

    @property
    def alive(self) -> bool:
        """Whether both threads live; if not, the process should end and be started again."""
        return self._client.alive and self._intake.alive

    def advanced(self) -> bool:
        """Return whether both threads have moved since this last said yes.

        A broker that is away or silent is no reason to say no: the client deals with it.
        """
        seen = (self._client.turns, self._intake.turns)
        trying_since = self._client.trying_since
        patient = trying_since is not None and time.monotonic() - trying_since < ATTEMPT_S
        moved = (seen[0] != self._seen[0] or patient) and seen[1] != self._seen[1]
        if moved:
            self._seen = seen
        return moved and self.alive

    def status(self) -> str:
        """Return one line for people: ``systemctl status`` shows it."""
        client = self._client
        broker = f"connected, MQTT {client.protocol}" if client.connected else client.reason
        sense = "here" if self._intake.connected else "away"
        waiting = self._outbox.figures().messages
        return f"{broker}; sense {sense}; {waiting} waiting, {self._publisher.published} published"

    def _settle(self, entry: Entry) -> None:
        self._intake.settle(entry)

    def _stir(self) -> None:
        self._client.wake()

    def _count(self) -> Counters:
        client = self._client
        return Counters(
            outbox=self._outbox.figures(),
            mqtt=MqttHealth(
                protocol=client.protocol,
                reconnects=max(0, client.connections - 1),
                denied=self._publisher.denied,
            ),
            egress=Egress(bytes=self._publisher.egress, rejected=self._reception.rejected),
        )
