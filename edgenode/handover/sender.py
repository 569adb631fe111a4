"""Sense's end of the handover: sends findings until the uplink has each of them safe."""

import contextlib
import logging
import selectors
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
    Inventory,
    Kept,
    Record,
    Vitals,
    Welcome,
    decode_to_sense,
)
from edgenode.handover.wire import Wire
from edgenode.progress import Progress
from edgenode.waker import Waker

log = logging.getLogger(__name__)

BATCH = 64
"""Findings that are written at once."""


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """How long the sender's thread waits, in seconds."""

    retry_s: float = 0.2
    turn_s: float = 0.5


def _nothing(_: Command) -> None:
    """Ignore a command: whoever sent it hears no answer."""


class Sender:
    """Brings findings to the uplink, again after either side was away, until they are kept.

    ``offer``, ``report``, ``announce`` and ``answer`` may be called from any thread, never block,
    and raise ``ContractError`` for what can never pass. At most *capacity* findings are kept; for
    one more what the uplink already has is forgotten, and while it is away the oldest is dropped,
    results before events.

    *commanded* is called from the sender's thread, and must not block.
    """

    def __init__(
        self,
        path: str | Path,
        capacity: int = 10_000,
        commanded: Callable[[Command], None] = _nothing,
        timing: Timing = Timing(),  # noqa: B008 frozen value
    ) -> None:
        self._path = str(path)
        self._timing = timing
        self._commanded = commanded
        self._backlog = Backlog(capacity)
        self._waker = Waker()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sender", daemon=True)
        self._connected = False
        self.progress = Progress()

    def start(self) -> None:
        """Begin to look for the uplink."""
        self._thread.start()

    def offer(self, record: Record, clock: float) -> None:
        """Number *record* and bring it to the uplink; *clock* is its offset at the capture."""
        self._backlog.add(record, clock)
        self._waker.wake()

    def report(self, vitals: Vitals) -> None:
        """Bring the newest *vitals*, now and at the beginning of each later connection."""
        self._backlog.report(vitals)
        self._waker.wake()

    def announce(self, inventory: Inventory) -> None:
        """Bring *inventory*, now and to every uplink that starts later."""
        self._backlog.announce(inventory)
        self._waker.wake()

    def answer(self, answer: Answer) -> None:
        """Bring the answer to a command."""
        self._backlog.answer(answer)
        self._waker.wake()

    def drain(self, timeout: float, *, kept: bool = False) -> bool:
        """Wait until everything has been sent, or all findings are *kept*; return whether."""
        wait = self._backlog.wait_until_kept if kept else self._backlog.wait_until_sent
        return wait(timeout)

    def stop(self, timeout: float = 2.0) -> None:
        """End the thread and the connection."""
        self._stopping.set()
        self._waker.wake()
        if self._thread.ident is not None:
            self._thread.join(timeout)

    @property
    def run(self) -> str:
        """This start of sense: the ``run`` of all its findings."""
        return self._backlog.run

    @property
    def alive(self) -> bool:
        """Whether the thread lives."""
        return self._thread.is_alive()

    @property
    def connected(self) -> bool:
        """Whether the uplink is there."""
        return self._connected

    @property
    def waiting(self) -> int:
        """Findings that are not kept by the uplink yet."""
        return len(self._backlog)

    @property
    def dropped(self) -> int:
        """Findings given up because the uplink was away too long."""
        return self._backlog.dropped

    def _run(self) -> None:
        with self._waker:
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
        """Send and receive until the uplink goes, which raises ``OSError``."""
        with selectors.DefaultSelector() as selector:
            selector.register(wire, wire.events)
            selector.register(self._waker, selectors.EVENT_READ)
            try:
                wire.send(self._backlog.greet())
                self._note(connected=True)
                while not self._stopping.is_set():
                    self._turn(wire, selector)
            finally:
                # What a dying uplink has kept need not be sent to the next one.
                with contextlib.suppress(ContractError):
                    for payloads in wire.receive_rest():
                        self._receive(payloads)
                self._backlog.disconnected()

    def _turn(self, wire: Wire, selector: selectors.BaseSelector) -> None:
        self.progress.advance()
        while not wire.unsent and (batch := self._backlog.take(BATCH)):
            wire.send(b"".join(batch))
        # An uplink whose messages are not read does not read either: both ways at once.
        selector.modify(wire, wire.events)
        for key, events in selector.select(self._timing.turn_s):
            if key.fileobj is self._waker:
                self._waker.clear()
                continue
            if events & selectors.EVENT_WRITE:
                wire.flush()
            if events & selectors.EVENT_READ:
                self._receive(wire.receive())

    def _receive(self, payloads: list[bytes]) -> None:
        for payload in payloads:
            match decode_to_sense(payload):
                case Welcome(seq) | Kept(seq):
                    self._backlog.keep(seq)
                case Command() as command:
                    self._commanded(command)

    def _note(self, *, connected: bool, why: str = "") -> None:
        if connected and not self._connected:
            log.info("connected to the uplink at %s", self._path)
        elif self._connected and not connected:
            log.warning("uplink lost (%s); findings wait", why)
        self._connected = connected
