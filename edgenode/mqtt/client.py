"""Keeps a connection to the broker: attempts, back-off, fall back to MQTT 3.1.1, a clean end."""

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence

from edgenode import config
from edgenode.bell import Bell
from edgenode.errors import EdgenodeError
from edgenode.mqtt import endpoint
from edgenode.mqtt.attempts import Backoff, Protocols
from edgenode.mqtt.exchange import (
    Acknowledged,
    Message,
    Received,
    RefusedError,
    SilentError,
    Terms,
    UnansweredError,
    UnsupportedError,
)
from edgenode.mqtt.link import Link

log = logging.getLogger(__name__)

TURN_S = 0.25


class Listener:
    """What the owner of a ``Client`` is told; every call comes from the client's thread.

    An exception raised in here ends the connection, so that the broker publishes the will, and a
    new one is made.
    """

    def will(self, number: int) -> Message | None:  # noqa: ARG002 - for those who override it
        """Return what the broker shall publish should connection *number* break."""
        return None

    def connected(self, link: Link) -> None:
        """*link* is up: publish on it from within these calls, until ``lost``."""

    def acknowledged(self, ticket: int, reason: int) -> None:
        """The broker has answered ``Link.publish``; see ``exchange.Acknowledged``."""

    def received(self, message: Received) -> None:
        """A subscription has brought *message*."""

    def turn(self) -> None:
        """Called after each stir of the network and at least each second, connected or not."""

    def closing(self) -> bool:
        """Return whether all is said and acknowledged; called again and again at a clean stop.

        While an attempt to connect is under way: whether there is nothing to say.
        """
        return True

    def lost(self) -> None:
        """The link is gone; what it has not acknowledged may or may not have arrived."""


class Client:
    """One lasting relation with a broker, in a thread of its own.

    Attributes:
        reason: why there is no connection, empty while there is one.
        protocol: of the connection, the last one while there is none.
        connections: accepted ones so far.
        faults: exceptions that ended a connection; a bug each.
        turns: grows as long as the thread is alive and well.
        trying_since: when the attempt began that still lasts (monotonic), None between attempts.
    """

    def __init__(
        self,
        mqtt: config.Mqtt,
        client_id: str,
        listener: Listener,
        subscriptions: Sequence[str] = (),
    ) -> None:
        self._mqtt = mqtt
        self._client_id = client_id
        self._listener = listener
        self._subscriptions = subscriptions
        self._at = endpoint.parse(mqtt.url)
        self._protocols = Protocols(mqtt.protocol)
        self._backoff = Backoff(local=self._at.local)
        self._number = 1
        self._stop_by: float | None = None
        self._bell = Bell()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mqtt", daemon=True)
        self.reason = "not connected yet"
        self.protocol = ""
        self.connections = 0
        self.faults = 0
        self.turns = 0
        self.trying_since: float | None = None

    @property
    def connected(self) -> bool:
        """Whether the broker has accepted us and is still there, as far as can be known."""
        return not self.reason and self._thread.is_alive()

    @property
    def alive(self) -> bool:
        """Whether the thread lives."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begin to connect."""
        self._thread.start()

    def stop(self, timeout: float = 5.0) -> bool:
        """Let the listener close, disconnect, end; return whether that was done in time."""
        self._stop_by = time.monotonic() + timeout * 0.8
        self._ended.set()
        self.wake()
        if self._thread.ident is not None:
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def wake(self) -> None:
        """Have ``Listener.turn`` called soon. From any thread; never blocks."""
        self._bell.ring()

    def _run(self) -> None:
        self._ears = self._bell.open()
        while self._stop_by is None:
            try:
                error, held_s = self._attempt()
                if error is not None:
                    self._note(error)
                self._pause(error, held_s)
            except Exception:
                self.faults += 1
                self.reason = "a fault of ours"
                log.exception("a fault of ours ended the connection to %s", self._at)
                # What fails each time must not knock at the broker four times a second.
                self._rest(self._backoff.after(0.0))
        self.reason = "stopped"
        self._bell.close()

    def _attempt(self) -> tuple[EdgenodeError | None, float]:
        """Connect and stay; return why that ended and for how many seconds it held."""
        try:
            with self._linked() as link:
                began = time.monotonic()
                self._converse(link)
                return link.end, time.monotonic() - began
        except EdgenodeError as error:
            return error, 0.0

    @contextlib.contextmanager
    def _linked(self) -> Iterator[Link]:
        """Hold a link the broker has accepted; raise ``BrokerError`` where it has not."""
        terms = Terms(
            mqtt=self._mqtt,
            client_id=self._client_id,
            protocol=self._protocols.current,
            number=self._number,
            will=self._listener.will(self._number),
            subscriptions=self._subscriptions,
        )
        self.trying_since = time.monotonic()
        try:
            link = Link(terms)
        finally:
            self.trying_since = None
        try:
            self._await_answer(link)
            yield link
        finally:
            link.close()

    def _await_answer(self, link: Link) -> None:
        # Who is asked to stop and has something to say still waits for the answer.
        while not link.up and link.end is None and not self._said_all():
            self.turns += 1
            link.turn(self._ears, TURN_S)
        if link.end is not None:
            self._protocols.failed(link.end)
            # A broker that closed without a word may have seen our will.
            self._number += isinstance(link.end, UnansweredError)
            raise link.end

    def _converse(self, link: Link) -> None:
        if not link.up:
            return
        self._protocols.settled = True
        self._number += 1
        self.connections += 1
        self.protocol = link.protocol
        self.reason = ""
        log.info("broker %s: connected, MQTT %s", self._at, link.protocol)
        try:
            self._listener.connected(link)
            self._listener.turn()
            while link.end is None and not self._said_all():
                self._tell(link)
            # With something left unsaid the broker had better publish the will.
            if link.end is None and self._listener.closing():
                link.disconnect(self._ears)
        finally:
            self.reason = "the connection ended"
            self._listener.lost()

    def _tell(self, link: Link) -> None:
        self.turns += 1
        for news in link.turn(self._ears, TURN_S):
            match news:
                case Acknowledged(ticket, reason):
                    self._listener.acknowledged(ticket, reason)
                case Received():
                    self._listener.received(news)
        if link.end is None:
            self._listener.turn()

    def _said_all(self) -> bool:
        if self._stop_by is None:
            return False
        return time.monotonic() >= self._stop_by or self._listener.closing()

    def _note(self, error: EdgenodeError) -> None:
        if str(error) != self.reason and self._stop_by is None and not self._falls_back(error):
            level = logging.ERROR if isinstance(error, RefusedError) else logging.WARNING
            log.log(level, "%s; trying again", error)
        self.reason = str(error)

    def _pause(self, error: EdgenodeError | None, held_s: float) -> None:
        if not self._falls_back(error):
            self._rest(self._backoff.after(held_s), self._listener.turn)

    def _rest(self, seconds: float, turn: Callable[[], None] = lambda: None) -> None:
        until = time.monotonic() + seconds
        while self._stop_by is None and (left := until - time.monotonic()) > 0:
            self.turns += 1
            turn()
            self._ended.wait(min(TURN_S, left))

    def _falls_back(self, error: EdgenodeError | None) -> bool:
        """Return whether *error* only means that the other version is tried now."""
        return isinstance(error, UnsupportedError | SilentError) and self._protocols.fresh
