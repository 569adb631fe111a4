"""Builds the uplink from its parts: receiver, outbox, publisher and client."""

import time
from collections.abc import Callable
from pathlib import Path

from edgenode import config, messages, node
from edgenode.handover.listener import Listener
from edgenode.handover.protocol import Request
from edgenode.handover.receiver import Receiver
from edgenode.mqtt.client import Client
from edgenode.paths import state_folder
from edgenode.progress import Progress, Watch
from edgenode.uplink.acceptance import Acceptance, ignore
from edgenode.uplink.encoding import Encoder
from edgenode.uplink.outbox import Outbox
from edgenode.uplink.publisher import Publisher
from edgenode.uplink.retained import RetainedBoard
from edgenode.uplink.telemetry import Telemetry
from edgenode.uplink.timing import Timing
from edgenode.uplink.topics import Topics
from edgenode.waker import Waker

ATTEMPT_S = 60.0
"""How long one attempt to connect may last: looking up a name is slow without a network."""


REFUSED_S = 150.0
"""How long after a refused message the uplink is unwell: health is sent each minute or so."""


class Uplink:
    """Everything between the handover's socket and the broker; runs in two threads of its own.

    Raise ``BrokerError`` if the broker's URL is not valid.

    Attributes:
        node: what this node is.
        run: id of this start of the uplink, in status, meta, health and the outbox's reports.
    """

    def __init__(
        self,
        settings: config.Config,
        self_description: node.Node | None = None,
        timing: Timing | None = None,
        requested: Callable[[Request], None] = ignore,
    ) -> None:
        """*requested* is called with commands and answers of sense, from the receiver's thread."""
        self.node = self_description or node.describe(settings.node)
        self.run = messages.new_run()
        mqtt = settings.mqtt
        topics = Topics(mqtt.prefix, self.node.id)
        to_sense, to_broker = Waker(), Waker()
        self._outbox = Outbox(settings.outbox, self.run, to_sense.wake)
        timing = timing or Timing(health_period_s=settings.health.period_s)
        board = RetainedBoard(_memory(settings.outbox, self.node.id), to_broker.wake, timing)
        telemetry = Telemetry(self.node, self.run, topics, board, mqtt.codec)
        self._telemetry = telemetry
        listener = Listener(settings.handover.socket, settings.handover.sense_user)
        acceptance = Acceptance(self._outbox, telemetry, to_broker.wake, requested)
        self._receiver = Receiver(listener, acceptance, to_sense)
        encoder = Encoder(topics, mqtt)
        publisher = Publisher(self._outbox, board, telemetry, encoder, timing)
        self._client = Client(mqtt, self.node.id, publisher, waker=to_broker)
        self._watch = Watch()

    def start(self) -> None:
        """Start both threads. Raise ``ConfigError`` if the handover's socket cannot be made."""
        self._receiver.start()
        self._client.start()

    def stop(self, timeout: float = 5.0) -> bool:
        """Publish what waits and our death, then end both threads; return whether in time.

        The broker gets *timeout* seconds; receiving from sense and closing its socket take up to
        3 s more. If there is no connection to the broker, no new attempt is made.
        """
        # First the receiver, so that what sense has sent by now is published as well.
        self._receiver.drain()
        done = self._client.stop(timeout)
        self._receiver.stop()
        return done

    @property
    def connected(self) -> bool:
        """Whether there is a connection that the broker has accepted."""
        return self._client.connected

    @property
    def alive(self) -> bool:
        """Whether both threads live; if not, the process should end, to be started again."""
        return self._client.alive and self._receiver.alive

    @property
    def sense_connected(self) -> bool:
        """Whether sense is connected."""
        return self._receiver.connected

    def request(self, request: Request) -> bool:
        """Send a command or an answer to sense; return False if it is not connected."""
        return self._receiver.request(request)

    def config_error(self, error: str) -> None:
        """Publish in meta why a configuration was refused; empty: one was applied since."""
        self._telemetry.config_error(error)

    def stuck(self) -> list[str]:
        """Return the names of the threads that have not advanced since the last ``mark``.

        Waiting for a broker that is away or silent counts as progress.
        """
        names = {self._receiver.progress: "receiver", self._client.progress: "mqtt"}
        return [names[one] for one in self._watch.stuck(names) if not self._is_patient(one)]

    def mark(self) -> None:
        """Remember how far the threads have advanced, for ``stuck``."""
        self._watch.mark([self._receiver.progress, self._client.progress])

    def status(self) -> str:
        """Return one line for ``systemctl status``."""
        client = self._client
        broker = f"connected, MQTT {client.protocol}" if client.connected else client.reason
        sense = "here" if self._receiver.connected else "away"
        waiting, totals = self._outbox.health().messages, self._telemetry.totals
        line = f"{broker}; sense {sense}; {waiting} waiting, {totals.published} published"
        return f"{line}, {totals.denied} refused by the broker" if totals.denied else line

    def unwell(self) -> list[str]:
        """Return which connection is missing, and whether the broker refuses messages."""
        reasons = [] if self.connected else [f"the broker is away: {self._client.reason}"]
        if not self.sense_connected:
            reasons.append("sense is away")
        totals = self._telemetry.totals
        if totals.denied and time.monotonic() - totals.denied_at < REFUSED_S:
            count = f"{totals.denied} so far"
            reasons.append(f"the broker refuses messages ({count}): check its access list")
        return reasons

    def _is_patient(self, progress: Progress) -> bool:
        """Return whether *progress* is the client's, and it may still be busy connecting."""
        # getaddrinfo(3) and connect(2) block, and the thread cannot advance in them.
        since = self._client.trying_since
        is_client = progress is self._client.progress
        return is_client and since is not None and time.monotonic() - since < ATTEMPT_S


def _memory(outbox: config.Outbox, node_id: str) -> Path:
    """Return the file that remembers the retained topics of this node."""
    folder = Path(outbox.folder) if outbox.folder else state_folder()
    return folder / f"retained-{node_id}.json"
