"""Wires the uplink: handover, gate, outbox, broker. No array and no device comes in here."""

import time
from collections.abc import Callable
from pathlib import Path

from edgenode import config, messages, node
from edgenode.handover import Request
from edgenode.handover.listener import Listener
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
"""How long one attempt to connect may last: names are looked up slowly where no network is."""


class Uplink:
    """The process with the network, usable in any process; two threads of its own.

    Raise ``BrokerError`` if the broker's address cannot be one.

    Attributes:
        node: who we are.
        run: this start of the uplink, in status, meta, health and the outbox's reports.
    """

    def __init__(
        self,
        settings: config.Config,
        self_description: node.Node | None = None,
        timing: Timing | None = None,
        requested: Callable[[Request], None] = ignore,
    ) -> None:
        """*requested* is called with what sense asks and answers, from the receiver's thread."""
        self.node = self_description or node.describe(settings.node)
        self.run = messages.new_run()
        mqtt = settings.mqtt
        topics = Topics(mqtt.prefix, self.node.id)
        to_sense, to_broker = Waker(), Waker()
        self._outbox = Outbox(settings.outbox, self.run, to_broker.wake, to_sense.wake)
        timing = timing or Timing(health_period_s=settings.health.period_s)
        board = RetainedBoard(_memory(settings.outbox, self.node.id), to_broker.wake, timing)
        telemetry = Telemetry(self.node, self.run, topics, board, mqtt.codec)
        self._telemetry = telemetry
        listener = Listener(settings.handover.socket, settings.handover.sense_user)
        self._receiver = Receiver(
            listener, Acceptance(self._outbox, telemetry, requested), to_sense
        )
        encoder = Encoder(topics, mqtt)
        publisher = Publisher(self._outbox, board, telemetry, encoder, timing)
        self._client = Client(mqtt, self.node.id, publisher, waker=to_broker)
        self._watch = Watch()

    def start(self) -> None:
        """Listen for sense and connect. Raise ``ConfigError`` if the socket cannot be made."""
        self._receiver.start()
        self._client.start()

    def stop(self, timeout: float = 5.0) -> bool:
        """Publish what waits as far as time allows, say goodbye, end; return whether in time.

        *timeout* is the broker's; draining sense and ending its socket take up to 3 s more. While
        no broker answers, nothing is tried anew.
        """
        self._receiver.drain()
        done = self._client.stop(timeout)
        self._receiver.stop()
        return done

    @property
    def connected(self) -> bool:
        """Whether the broker has accepted us and is there."""
        return self._client.connected

    @property
    def alive(self) -> bool:
        """Whether both threads live; if not, the process should end and be started again."""
        return self._client.alive and self._receiver.alive

    @property
    def sense_connected(self) -> bool:
        """Whether sense is there."""
        return self._receiver.connected

    def request(self, request: Request) -> bool:
        """Send sense a command or an answer; return False where it is not there."""
        return self._receiver.request(request)

    def config_error(self, error: str) -> None:
        """Say in meta why a configuration is refused; empty: none is."""
        self._telemetry.config_error(error)

    def stuck(self) -> list[str]:
        """Return the names of threads that have not moved since the last ``mark``.

        A broker that is away or silent is no reason to be among them: the client deals with it.
        """
        names = {self._receiver.progress: "receiver", self._client.progress: "mqtt"}
        return [names[one] for one in self._watch.stuck(names) if not self._is_patient(one)]

    def mark(self) -> None:
        """Remember how far the threads are now, for ``stuck``."""
        self._watch.mark([self._receiver.progress, self._client.progress])

    def status(self) -> str:
        """Return one line for people: ``systemctl status`` shows it."""
        client = self._client
        broker = f"connected, MQTT {client.protocol}" if client.connected else client.reason
        sense = "here" if self._receiver.connected else "away"
        waiting, published = self._outbox.health().messages, self._telemetry.totals.published
        return f"{broker}; sense {sense}; {waiting} waiting, {published} published"

    def _is_patient(self, progress: Progress) -> bool:
        """Return whether the client's thread waits for an attempt to connect that may last."""
        since = self._client.trying_since
        is_client = progress is self._client.progress
        return is_client and since is not None and time.monotonic() - since < ATTEMPT_S


def _memory(outbox: config.Outbox, node_id: str) -> Path:
    """Return the file that remembers the topics which were said with retain."""
    folder = Path(outbox.folder) if outbox.folder else state_folder()
    return folder / f"retained-{node_id}.json"
