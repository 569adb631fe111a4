"""The uplink's end of the handover: one sense at a time, never blocked by a slow one."""

import contextlib
import logging
import selectors
import threading
import time
from collections import deque
from typing import Protocol

import msgspec

from edgenode.errors import ContractError
from edgenode.handover.listener import Listener
from edgenode.handover.protocol import Kept, Request, ToSense, Welcome, packet
from edgenode.handover.wire import Wire
from edgenode.progress import Progress
from edgenode.waker import Waker

log = logging.getLogger(__name__)

WRITE = selectors.EVENT_WRITE

MOST_UNSENT = 1 << 20
"""Bytes that may wait for sense to read them; beyond, nothing more is received from it."""


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """How long the receiver's thread waits, in seconds.

    Attributes:
        drain_s: how long a sense that goes on sending is read once the uplink is to end.
    """

    turn_s: float = 0.5
    drain_s: float = 1.0


class Acceptance(Protocol):
    """What becomes of what sense sends. Called from the receiver's thread."""

    def receive(self, payload: bytes) -> Welcome | None:
        """Take in one message; return the answer, if there is one."""

    def disconnected(self) -> None:
        """Sense has gone, and all that it had sent was received."""

    def kept(self) -> int:
        """Return up to which seq the run that sense has greeted with is safe."""


class Connection:
    """One connection of sense, from its greeting to its end.

    Attributes:
        greeted: sense has said which run it is.
        requests: what it is to be asked or answered. Put by any thread.
    """

    def __init__(self, wire: Wire, acceptance: Acceptance) -> None:
        self.wire = wire
        self.greeted = False
        self.requests: deque[Request] = deque()
        self._acceptance = acceptance
        self._kept = 0

    @property
    def reads(self) -> bool:
        """Whether more may be received: not while sense leaves our messages unread."""
        return self.wire.unsent < MOST_UNSENT

    def receive(self) -> None:
        """Take in what has arrived, and answer. Raise ``OSError`` when sense has gone."""
        # All of it first: who cannot be answered any more has been heard all the same.
        for answer in self._take_in(self.wire.receive()):
            self.send(answer)

    def receive_rest(self) -> None:
        """Take in what was sent before sense went; nobody is left to be answered."""
        with contextlib.suppress(ContractError):
            for payloads in self.wire.receive_rest():
                self._take_in(payloads)

    def send_kept(self) -> None:
        """Tell sense how far its findings are safe, if that has changed."""
        kept = self._acceptance.kept()
        if self.greeted and kept > self._kept:
            self._kept = kept
            self.send(Kept(kept))

    def send(self, message: ToSense) -> None:
        """Send *message*."""
        self.wire.send(packet(message))

    def _take_in(self, payloads: list[bytes]) -> list[Welcome]:
        answers = [self._acceptance.receive(payload) for payload in payloads]
        welcomes = [answer for answer in answers if answer is not None]
        if welcomes:
            if not self.greeted:
                log.info("sense is connected")
            self.greeted, self._kept = True, welcomes[-1].kept
        return welcomes


class Receiver:
    """Listens for sense in a thread of its own; a newer connection replaces the older.

    *waker* is woken by whoever knows that more is kept.
    """

    def __init__(
        self,
        listener: Listener,
        acceptance: Acceptance,
        waker: Waker,
        timing: Timing = Timing(),  # noqa: B008 frozen value
    ) -> None:
        self._listener = listener
        self._acceptance = acceptance
        self._waker = waker
        self._timing = timing
        self._connection: Connection | None = None
        self._draining, self._drained = threading.Event(), threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="receiver", daemon=True)
        self.progress = Progress()

    @property
    def alive(self) -> bool:
        """Whether the thread lives."""
        return self._thread.is_alive()

    @property
    def connected(self) -> bool:
        """Whether sense is there and has greeted."""
        connection = self._connection
        return connection is not None and connection.greeted

    def start(self) -> None:
        """Listen. Raise ``ConfigError`` if the socket cannot be made."""
        self._listener.open()
        self._thread.start()

    def request(self, request: Request) -> bool:
        """Send a command, or the answer to one; return False without sense. From any thread."""
        connection = self._connection
        if connection is None or not connection.greeted:
            return False
        connection.requests.append(request)
        self._waker.wake()
        return True

    def drain(self) -> None:
        """Take in what was sent by now and nothing later; sense is still told what is kept.

        A sense that ended before may not have been read yet, or not even been let in. Takes
        ``drain_s`` and a turn at most.
        """
        self._draining.set()
        self._waker.wake()
        if self._thread.is_alive():
            self._drained.wait(self._timing.drain_s + self._timing.turn_s)

    def stop(self, timeout: float = 2.0) -> None:
        """End the thread and take the socket away."""
        self._closing.set()
        self._draining.set()
        self._waker.wake()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def _run(self) -> None:
        try:
            with self._waker, selectors.DefaultSelector() as selector:
                selector.register(self._waker, selectors.EVENT_READ)
                self._work(selector)
        except Exception:
            # The thread ends here, and the service with it: see ``Uplink.alive``.
            log.exception("the receiver failed")
        finally:
            if self._connection is not None:
                self._connection.wire.close()
            self._listener.close()

    def _work(self, selector: selectors.BaseSelector) -> None:
        while not self._draining.is_set():
            self._turn(selector, self._timing.turn_s)
        until = time.monotonic() + self._timing.drain_s
        while self._turn(selector, 0.0) and time.monotonic() < until:
            pass
        self._drained.set()
        while not self._closing.is_set():
            self._turn(selector, self._timing.turn_s, reads=False)

    def _turn(
        self, selector: selectors.BaseSelector, timeout: float, *, reads: bool = True
    ) -> bool:
        """Serve whoever is ready, waiting up to *timeout* for that; return whether any was."""
        self.progress.advance()
        _wait_for(selector, self._listener, selectors.EVENT_READ if reads else 0)
        if (connection := self._connection) is not None:
            events = connection.wire.events
            listens = reads and connection.reads
            _wait_for(selector, connection.wire, events if listens else events & WRITE)
        ready = {key.fileobj: events for key, events in selector.select(timeout)}
        if ready.pop(self._waker, 0):
            self._waker.clear()
        if connection is not None:
            self._serve(connection, selector, ready.get(connection.wire, 0))
        if self._listener in ready:
            self._accept(selector)
        return bool(ready)

    def _serve(self, connection: Connection, selector: selectors.BaseSelector, events: int) -> None:
        try:
            if events & selectors.EVENT_READ:
                connection.receive()
            while connection.requests:
                connection.send(connection.requests.popleft())
            connection.send_kept()
            connection.wire.flush()
        except (OSError, ContractError) as error:
            log.warning("sense is gone: %s", error)
            self._end(selector)

    def _accept(self, selector: selectors.BaseSelector) -> None:
        accepted = self._listener.accept()
        if accepted is None:
            return
        if self._connection is not None:
            log.warning("another sense has come; the connection before it is closed")
            self._end(selector)
        self._connection = Connection(Wire(accepted), self._acceptance)

    def _end(self, selector: selectors.BaseSelector) -> None:
        """Take in the last of a connection and close it."""
        connection, self._connection = self._connection, None
        if connection is not None:
            _wait_for(selector, connection.wire, 0)
            connection.receive_rest()
            connection.wire.close()
            self._acceptance.disconnected()


def _wait_for(selector: selectors.BaseSelector, file: Listener | Wire, events: int) -> None:
    """Wait for these *events* of *file* from now on; 0: for none."""
    registered = file.fileno() in selector.get_map()
    if not events and registered:
        selector.unregister(file)
    elif events and registered and selector.get_key(file).events != events:
        selector.modify(file, events)
    elif events and not registered:
        selector.register(file, events)
