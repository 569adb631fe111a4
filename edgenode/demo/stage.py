"""Plays the demo: a node of two processes on the one side, what a consumer hears on the other."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

from edgenode.backend.board import Board, NodeFacts
from edgenode.backend.subscriber import Arrival, Subscriber
from edgenode.config import Mqtt
from edgenode.demo import scenario
from edgenode.demo.judge import Judge
from edgenode.demo.score.counts import Score
from edgenode.demo.supplies import Supplies
from edgenode.demo.tally import Sums, sums
from edgenode.errors import BrokerError
from edgenode.messages import Status
from edgenode.supervisor import Node

Show: TypeAlias = Callable[[Arrival | None, Board, str], None]
"""Shows an arrival, or that there is none; the text is why there can be none, if so."""

TURN_S = 0.25
QUIET_S = 2.0
"""After the node has ended: how long its last words may be on their way."""


class Stage:
    """One play, with its files in *folder*. For one thread.

    Attributes:
        log: the file with what the node's two processes log.
        status: with which the node ended by itself; 0: all was played. None: it was ended.
    """

    def __init__(self, supplies: Supplies, mqtt: Mqtt, folder: Path) -> None:
        self._plugins = [part.name for part in supplies.parts]
        self._mqtt = mqtt
        self._board = Board()
        self._curtain = threading.Event()
        # Of a whole second nothing is lost on the way.
        recorded_at = datetime.now(UTC).replace(microsecond=0)
        truth = supplies.play.truth
        self._judge = Judge(supplies.parts, truth, recorded_at) if truth else None
        self._config = scenario.write(folder, supplies, mqtt, recorded_at)
        self._socket = folder / "handover.sock"
        self.log = folder / "node.log"
        self.status: int | None = None

    def play(self, show: Show, seconds: float | None, stopping: threading.Event) -> Sums:
        """Run the node to the end, for *seconds* or until *stopping*; return what came of it.

        Raise ``BrokerError`` when the broker cannot be reached or refuses us, or when another demo
        is there.
        """
        ends_at = time.monotonic() + (seconds or float("inf"))
        with self.log.open("ab") as log, Subscriber(self._mqtt, scenario.NODE) as subscriber:
            began = time.monotonic()
            with self._running(Node(self._config, self._socket, log.fileno())) as thread:
                while not stopping.is_set() and thread.is_alive() and time.monotonic() < ends_at:
                    self._hear(subscriber, show)
                self._curtain.set()
                seconds = time.monotonic() - began
                while thread.is_alive():
                    self._hear(subscriber, show)
            self._hear_the_last(subscriber, show)
        return sums(self._node(), self._plugins, seconds, self._scores())

    @contextlib.contextmanager
    def _running(self, node: Node) -> Iterator[threading.Thread]:
        """Have *node* run meanwhile, and end it while there is still a broker to tell."""
        # The two processes die with the thread that starts them: it stays until they end.
        thread = threading.Thread(target=self._run, args=(node,), name="node")
        thread.start()
        try:
            yield thread
        finally:
            self._curtain.set()
            thread.join()

    def _run(self, node: Node) -> None:
        status = node.run(self._curtain)
        if not self._curtain.is_set():
            self.status = status

    def _hear(self, subscriber: Subscriber, show: Show) -> None:
        arrival = subscriber.take(TURN_S)
        # What a broker has retained is of an earlier demo.
        if arrival is not None and arrival.retained:
            self._refuse_another(arrival)
            return
        if arrival is not None:
            self._note(arrival)
        show(arrival, self._board, subscriber.trouble)

    def _refuse_another(self, arrival: Arrival) -> None:
        """Raise ``BrokerError`` if another demo is at the broker: each would hear the other."""
        message = arrival.message
        # Later it is our own, after the connection has broken.
        if not self._board.nodes and isinstance(message, Status) and message.state == "online":
            raise BrokerError(
                f"broker {self._mqtt.url!r} has a node {scenario.NODE!r} that is online: "
                "end that demo first, or leave out --url"
            )

    def _note(self, arrival: Arrival) -> None:
        self._board.add(arrival)
        if self._judge is not None:
            self._judge.hear(arrival)

    def _hear_the_last(self, subscriber: Subscriber, show: Show) -> None:
        until = time.monotonic() + QUIET_S
        while self._node().state != "offline" and time.monotonic() < until:
            self._hear(subscriber, show)

    def _scores(self) -> dict[str, Score]:
        return self._judge.scores(to_the_end=self.status == 0) if self._judge else {}

    def _node(self) -> NodeFacts:
        return self._board.nodes.get(scenario.NODE) or NodeFacts()
