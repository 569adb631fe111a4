"""Sense's end of the handover: sends the backlog until the uplink has all of it safe."""

import contextlib
import logging
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec

from edgenode.errors import ContractError
from edgenode.handover.backlog import Backlog
from edgenode.handover.protocol import (
    Answer,
    Command,
    Kept,
    Request,
    Welcome,
    decode_to_sense,
)
from edgenode.handover.wire import Wire
from edgenode.progress import Progress
from edgenode.waker import READ, WRITE, File, wait_for_files

log = logging.getLogger(__name__)

BATCH = 64
"""Most findings that are taken from the backlog at once: a slow uplink leaves the rest there."""


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """Waiting times of the sender's thread, in seconds.

    Attributes:
        retry_s: between two attempts to connect.
        turn_s: the longest wait for the socket before the thread counts as progressing again.
        rest_s: after findings were sent, until the next ones are.
    """

    retry_s: float = 0.2
    turn_s: float = 0.5
    rest_s: float = 0.02


def _nothing(_: Request) -> None:
    """Ignore a command: it is never answered."""


class Sender:
    """Sends a backlog to the uplink, in a thread of its own; connects again after each failure.

    *requested* is called from the sender's thread with each command and answer; it must not block.

    Attributes:
        connections: how often the thread has connected to the uplink.
        progress: of the thread.
    """

    def __init__(
        self,
        path: str | Path,
        backlog: Backlog,
        requested: Callable[[Request], None] = _nothing,
        timing: Timing = Timing(),  # noqa: B008 frozen value
    ) -> None:
        self._path = str(path)
        self._backlog = backlog
        self._requested = requested
        self._timing = timing
        self._stopping = threading.Event()
        self._connected = False
        self._thread = threading.Thread(target=self._run, name="sender", daemon=True)
        self.connections = 0
        self.progress = Progress()

    def start(self) -> None:
        """Start the thread, which begins to connect."""
        self._thread.start()

    def stop(self, timeout: float = 2.0) -> None:
        """End the connection and the thread, waiting at most *timeout* seconds for it."""
        self._stopping.set()
        self._backlog.waker.wake()
        if self._thread.ident is not None:
            self._thread.join(timeout)

    @property
    def alive(self) -> bool:
        """Whether the thread lives."""
        return self._thread.is_alive()

    @property
    def connected(self) -> bool:
        """Whether there is a connection to the uplink."""
        return self._connected

    def _run(self) -> None:
        with self._backlog.waker:
            while not self._stopping.is_set():
                self.progress.advance()
                try:
                    self._connect()
                except (OSError, ContractError) as error:
                    self._note(connected=False, why=str(error))
                    self._stopping.wait(self._timing.retry_s)

    def _connect(self) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(self._timing.turn_s)
            connection.connect(self._path)
            self._exchange(Wire(connection))

    def _exchange(self, wire: Wire) -> None:
        """Send and receive until ``stop``; raise ``OSError`` when the uplink closes."""
        try:
            wire.send(self._backlog.greet())
            self._note(connected=True)
            while not self._stopping.is_set():
                self._turn(wire)
        finally:
            # A last Kept may be unread; what is kept need not be sent to the next uplink.
            with contextlib.suppress(ContractError):
                for payloads in wire.receive_rest():
                    self._receive(payloads)
            self._backlog.disconnected()

    def _turn(self, wire: Wire) -> None:
        self.progress.advance()
        batch = [] if wire.unsent else self._backlog.take(BATCH)
        if batch:
            wire.send(b"".join(batch))
            if len(batch) < BATCH:
                # A thread that runs for each finding takes the GIL from the plugin that is faster.
                self._stopping.wait(self._timing.rest_s)
        # Both directions: two sides that only write would wait for each other for ever.
        files: dict[File, int] = {
            wire: READ | (WRITE if wire.unsent else 0),
            self._backlog.waker: READ,
        }
        # More may wait than was taken: then this turn does not wait.
        ready = wait_for_files(files, 0.0 if batch else self._timing.turn_s)
        if self._backlog.waker in ready:
            self._backlog.waker.clear()
        wire.flush()
        if ready.get(wire, 0) & READ:
            self._receive(wire.receive())

    def _receive(self, payloads: list[bytes]) -> None:
        for payload in payloads:
            match decode_to_sense(payload):
                case Welcome(seq) | Kept(seq):
                    self._backlog.keep(seq)
                case Command() | Answer() as request:
                    self._requested(request)

    def _note(self, *, connected: bool, why: str = "") -> None:
        if connected and not self._connected:
            log.info("connected to the uplink at %s", self._path)
            self.connections += 1
        elif self._connected and not connected:
            log.warning("uplink lost (%s); findings wait", why)
        self._connected = connected
