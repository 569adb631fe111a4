"""Runs the demo: a node of two processes on one side, a consumer of its messages on the other."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

from edgenode.backend.arrivals import Arrival
from edgenode.backend.board import Board, NodeFacts
from edgenode.backend.subscriber import Subscriber
from edgenode.config import Mqtt
from edgenode.demo import node_config
from edgenode.demo.fetch import Fetched
from edgenode.demo.score.counts import Score
from edgenode.demo.scorer import Scorer
from edgenode.demo.totals import Totals, totals
from edgenode.errors import BrokerError
from edgenode.messages import Status
from edgenode.supervisor import Node

Show: TypeAlias = Callable[[Arrival | None, Board, str], None]
"""Shows an arrival, or None if nothing has arrived; the text says what is wrong with the broker."""

POLL_S = 0.25
"""How long to wait for a message before the end of the demo is checked."""

LAST_MESSAGES_S = 2.0
"""How long to wait for the last messages after the node has ended."""


class Runner:
    """One run of the demo, with its files in *folder*. All methods are for one thread.

    Attributes:
        log: the file with the logs of the node's two processes.
        status: exit status if the node ended by itself, 0: all recordings ended. None: it was
            stopped.
    """

    def __init__(self, fetched: Fetched, mqtt: Mqtt, folder: Path) -> None:
        self._plugins = [case.name for case in fetched.cases]
        self._mqtt = mqtt
        self._board = Board()
        self._stopping = threading.Event()
        # A whole second is not changed by the rounding of times in configuration and messages.
        recorded_at = datetime.now(UTC).replace(microsecond=0)
        truth = fetched.scenario.truth
        self._scorer = Scorer(fetched.cases, truth, recorded_at) if truth else None
        self._config = node_config.write(folder, fetched, mqtt, recorded_at)
        self._socket = folder / "handover.sock"
        self.log = folder / "node.log"
        self.status: int | None = None

    def run(self, show: Show, seconds: float | None, stopping: threading.Event) -> Totals:
        """Run the node to its end, for *seconds*, or until *stopping* is set; return the totals.

        Raise ``BrokerError`` if the broker cannot be reached or refuses the connection, or if
        another demo uses it.
        """
        ends_at = time.monotonic() + (seconds or float("inf"))
        with self.log.open("ab") as log, Subscriber(self._mqtt, node_config.NODE) as subscriber:
            started = time.monotonic()
            with self._running(Node(self._config, self._socket, log.fileno())) as thread:
                while not stopping.is_set() and thread.is_alive() and time.monotonic() < ends_at:
                    self._receive(subscriber, show)
                self._stopping.set()
                seconds = time.monotonic() - started
                while thread.is_alive():
                    self._receive(subscriber, show)
            self._receive_last(subscriber, show)
        return totals(self._node(), self._plugins, seconds, self._scores())

    @contextlib.contextmanager
    def _running(self, node: Node) -> Iterator[threading.Thread]:
        """Run *node* in a thread; at the end stop it while its broker still runs."""
        # The two processes die with the thread that started them: it must wait for their end.
        thread = threading.Thread(target=self._run_node, args=(node,), name="node")
        thread.start()
        try:
            yield thread
        finally:
            self._stopping.set()
            thread.join()

    def _run_node(self, node: Node) -> None:
        status = node.run(self._stopping)
        if not self._stopping.is_set():
            self.status = status

    def _receive(self, subscriber: Subscriber, show: Show) -> None:
        arrival = subscriber.take(POLL_S)
        # A retained message was published before this run: by an earlier demo, or by another.
        if arrival is not None and arrival.retained:
            self._refuse_another(arrival)
            return
        if arrival is not None:
            self._board.add(arrival)
            if self._scorer is not None:
                self._scorer.add(arrival)
        show(arrival, self._board, subscriber.trouble)

    def _refuse_another(self, arrival: Arrival) -> None:
        """Raise ``BrokerError`` if another demo is online: each would receive the other's."""
        message = arrival.message
        # With a node on the board it is our own status, seen again after a lost connection.
        if not self._board.nodes and isinstance(message, Status) and message.state == "online":
            raise BrokerError(
                f"broker {self._mqtt.url!r} has a node {node_config.NODE!r} that is online: "
                "end that demo first, or leave out --url"
            )

    def _receive_last(self, subscriber: Subscriber, show: Show) -> None:
        until = time.monotonic() + LAST_MESSAGES_S
        while self._node().state != "offline" and time.monotonic() < until:
            self._receive(subscriber, show)

    def _scores(self) -> dict[str, Score]:
        return self._scorer.scores(to_the_end=self.status == 0) if self._scorer else {}

    def _node(self) -> NodeFacts:
        return self._board.nodes.get(node_config.NODE) or NodeFacts()
