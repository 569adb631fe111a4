"""The uplink's end of the handover: serves one sense at a time and is never blocked by it."""

import contextlib
import logging
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
from edgenode.waker import READ, WRITE, File, Waker, wait_for_files

log = logging.getLogger(__name__)

MOST_UNSENT = 1 << 20
"""Bytes that may wait for sense to read them; above that nothing more is received from it."""


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """Waiting times of the receiver's thread, in seconds.

    Attributes:
        turn_s: the longest wait for the sockets before the thread counts as progressing again.
        drain_s: how long ``drain`` reads a sense that does not stop sending.
        kept_s: the shortest time between two ``Kept``.
    """

    turn_s: float = 0.5
    drain_s: float = 1.0
    kept_s: float = 0.05


class Acceptance(Protocol):
    """Takes what sense sends. Called from the receiver's thread."""

    def receive(self, payload: bytes) -> Welcome | None:
        """Process one message; return the answer, if there is one."""

    def disconnected(self) -> None:
        """Called when sense has closed, after all that it had sent was received."""

    def kept(self) -> int:
        """Return the highest seq up to which all findings of sense's run are safe."""


class Connection:
    """One connection of sense. For the receiver's thread.

    Attributes:
        greeted: sense has sent its ``Hello``, and its run is known.
        requests: commands and answers to be sent. Any thread may append.
        kept_due: monotonic seconds; no ``Kept`` is sent before.
    """

    def __init__(self, wire: Wire, acceptance: Acceptance, kept_s: float) -> None:
        self.wire = wire
        self.greeted = False
        self.requests: deque[Request] = deque()
        self.kept_due = 0.0
        self._acceptance = acceptance
        self._kept_s = kept_s
        self._kept = 0

    def events(self, *, reads: bool) -> int:
        """Return the events to wait for; with *reads* also for what sense sends.

        Not while sense does not read what we send.
        """
        listens = reads and self.wire.unsent < MOST_UNSENT
        return (READ if listens else 0) | (WRITE if self.wire.unsent else 0)

    def receive(self) -> None:
        """Process what has arrived, and answer. Raise ``OSError`` when sense has closed."""
        # All of it before the first answer: sending raises if sense has closed meanwhile.
        for answer in self._process(self.wire.receive()):
            self.send(answer)

    def receive_rest(self) -> None:
        """Process what sense sent before it closed. Nothing is answered."""
        with contextlib.suppress(ContractError):
            for payloads in self.wire.receive_rest():
                self._process(payloads)

    def send_kept(self) -> None:
        """Send how far the findings are kept, if that has changed and the time has come.

        It is cumulative, so one number now and then does. One for each finding would wake a thread
        of sense hundreds of times a second, beside the plugins.
        """
        now = time.monotonic()
        if not self.greeted or now < self.kept_due:
            return
        kept = self._acceptance.kept()
        if kept > self._kept:
            self._kept, self.kept_due = kept, now + self._kept_s
            self.send(Kept(kept))

    def send(self, message: ToSense) -> None:
        """Send *message*."""
        self.wire.send(packet(message))

    def _process(self, payloads: list[bytes]) -> list[Welcome]:
        answers = [self._acceptance.receive(payload) for payload in payloads]
        welcomes = [answer for answer in answers if answer is not None]
        if welcomes:
            if not self.greeted:
                log.info("sense is connected")
            self.greeted, self._kept = True, welcomes[-1].kept
        return welcomes


class Receiver:
    """Listens for sense in a thread of its own; a newer connection replaces the older.

    Wake *waker* when more findings are kept: the thread then sends ``Kept``.

    Attributes:
        progress: of the thread.
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
        """Whether there is a connection on which sense has sent its ``Hello``."""
        # Read once: the receiver's thread may set the attribute to None at any time.
        connection = self._connection
        return connection is not None and connection.greeted

    def start(self) -> None:
        """Listen and start the thread. Raise ``ConfigError`` if the socket cannot be made."""
        self._listener.open()
        self._thread.start()

    def request(self, request: Request) -> bool:
        """Send a command or an answer; return False if sense is not connected. For any thread."""
        connection = self._connection
        if connection is None or not connection.greeted:
            return False
        connection.requests.append(request)
        self._waker.wake()
        return True

    def drain(self) -> None:
        """Receive all that sense has sent by now, and nothing that it sends later.

        ``Kept`` is still sent. Returns after ``drain_s`` plus ``turn_s`` at most.
        """
        self._draining.set()
        self._waker.wake()
        if self._thread.is_alive():
            self._drained.wait(self._timing.drain_s + self._timing.turn_s)

    def stop(self, timeout: float = 2.0) -> None:
        """End the thread and remove the socket, waiting at most *timeout* seconds."""
        self._closing.set()
        self._draining.set()
        self._waker.wake()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def _run(self) -> None:
        try:
            with self._waker:
                self._work()
        except Exception:
            # The thread ends here, and then the process, because ``Uplink.alive`` is False.
            log.exception("the receiver failed")
        finally:
            if self._connection is not None:
                self._connection.wire.close()
            self._listener.close()

    def _work(self) -> None:
        while not self._draining.is_set():
            self._turn(self._timing.turn_s)
        # Until no socket is ready: a sense that has closed already may not even be accepted yet.
        until = time.monotonic() + self._timing.drain_s
        while self._turn(0.0) and time.monotonic() < until:
            pass
        self._drained.set()
        while not self._closing.is_set():
            self._turn(self._timing.turn_s, reads=False)

    def _turn(self, timeout: float, *, reads: bool = True) -> bool:
        """Wait for the sockets at most *timeout* seconds and serve them; return if one was ready.

        Without *reads* nothing is accepted or received, only sent.
        """
        self.progress.advance()
        connection = self._connection
        files: dict[File, int] = {self._listener: READ} if reads else {}
        early_s = 0.0
        if connection is not None:
            files[connection.wire] = connection.events(reads=reads)
            early_s = max(0.0, connection.kept_due - time.monotonic())
        if early_s:
            # Woken, it stays so: until `kept_due` nobody has to wake it again.
            timeout = min(timeout, early_s)
        else:
            files[self._waker] = READ
        ready = wait_for_files(files, timeout)
        if ready.pop(self._waker, 0):
            self._waker.clear()
        if connection is not None:
            self._serve(connection, readable=bool(ready.get(connection.wire, 0) & READ))
        if self._listener in ready:
            self._accept()
        return bool(ready)

    def _serve(self, connection: Connection, *, readable: bool) -> None:
        try:
            if readable:
                connection.receive()
            while connection.requests:
                connection.send(connection.requests.popleft())
            connection.send_kept()
            connection.wire.flush()
        except (OSError, ContractError) as error:
            log.warning("sense is gone: %s", error)
            self._disconnect()

    def _accept(self) -> None:
        accepted = self._listener.accept()
        if accepted is None:
            return
        if self._connection is not None:
            log.warning("another sense has connected; the connection before it is closed")
            self._disconnect()
        self._connection = Connection(Wire(accepted), self._acceptance, self._timing.kept_s)

    def _disconnect(self) -> None:
        """Receive the rest of the connection and close it."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.receive_rest()
            connection.wire.close()
            self._acceptance.disconnected()
