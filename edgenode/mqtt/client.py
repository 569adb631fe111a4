"""Keeps a connection to the broker: connects, waits, connects again, and ends it cleanly."""

import logging
import threading
import time
from typing import TypeAlias

import msgspec

from edgenode import config
from edgenode.errors import BrokerError, EdgenodeError
from edgenode.mqtt.attempts import Attempts
from edgenode.mqtt.exchange import (
    Acknowledged,
    Message,
    Received,
    RefusedError,
    Subscription,
    Terms,
)
from edgenode.mqtt.link import Link
from edgenode.progress import Progress
from edgenode.waker import Waker

log = logging.getLogger(__name__)

TURN_S = 0.25
"""The longest wait for the network in one turn."""


class Handler:
    """What the owner of a ``Client`` implements. All calls come from the client's thread.

    If one of them raises an exception, the connection is closed, so that the broker publishes the
    will, and a new one is made.
    """

    def will(self, number: int) -> Message | None:  # noqa: ARG002 - for those who override it
        """Return what the broker shall publish if connection *number* breaks."""
        return None

    def connected(self, link: Link) -> None:
        """Called when *link* is connected: publish on it, from these calls only, until ``lost``."""

    def acknowledged(self, packet_id: int, reason: int) -> None:
        """Called when the broker has answered ``Link.publish``; see ``exchange.Acknowledged``."""

    def received(self, message: Received) -> None:
        """Called when a subscription has received *message*."""

    def turn(self) -> None:
        """Called after each event on the network, and at least every ``TURN_S``.

        Also while there is no connection, but not during an attempt to connect.
        """

    def drain(self, timeout: float) -> None:
        """Called once on a stop: ``turn`` may publish what is left for *timeout* seconds."""

    @property
    def drained(self) -> bool:
        """Whether all is published and acknowledged; without a link: whether nothing waits."""
        return True

    def lost(self, error: BrokerError | None) -> None:
        """Called when the link has ended, because of *error* or, if None, because we closed it.

        A message that was not acknowledged may have arrived or not.
        """


class Waiting(msgspec.Struct, frozen=True):
    """There is no connection, because of *reason*."""

    reason: str


class Connecting(msgspec.Struct, frozen=True):
    """An attempt began at *since* (monotonic); *reason*: why there is no connection so far."""

    since: float
    reason: str


class Connected(msgspec.Struct, frozen=True):
    """The broker has accepted us."""


State: TypeAlias = Waiting | Connecting | Connected


class Client:
    """Keeps one connection to a broker, in a thread of its own; connects again when it is lost.

    Wake *waker*, from any thread, to have ``Handler.turn`` called at once.

    Attributes:
        protocol: MQTT version of the connection, or of the last one.
        faults: unexpected exceptions that ended a connection; each is a bug.
        progress: of the thread.
    """

    def __init__(
        self,
        mqtt: config.Mqtt,
        client_id: str,
        handler: Handler,
        subscription: Subscription = Subscription(),  # noqa: B008 frozen value
        waker: Waker | None = None,
    ) -> None:
        """Raise ``BrokerError`` if the broker's URL is wrong. Nothing is connected yet."""
        terms = Terms(mqtt=mqtt, client_id=client_id, subscription=subscription)
        self._attempts = Attempts(terms)
        self._handler = handler
        self._waker = waker or Waker()
        self._stop_by: float | None = None
        self._stopping = threading.Event()
        self._state: State = Waiting("not connected yet")
        self._thread = threading.Thread(target=self._run, name="mqtt", daemon=True)
        self.protocol = ""
        self.faults = 0
        self.progress = Progress()

    @property
    def connected(self) -> bool:
        """Whether there is a connection that the broker has accepted."""
        return isinstance(self._state, Connected) and self._thread.is_alive()

    @property
    def reason(self) -> str:
        """Why there is no connection, empty while there is one."""
        match self._state:
            case Waiting(reason) | Connecting(reason=reason):
                return reason
            case Connected():
                return ""

    @property
    def trying_since(self) -> float | None:
        """When the current attempt to connect began (monotonic), None if there is none."""
        # Read once: the client's thread replaces the state at any time.
        state = self._state
        return state.since if isinstance(state, Connecting) else None

    @property
    def alive(self) -> bool:
        """Whether the thread lives."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Start the thread, which begins to connect."""
        self._thread.start()

    def stop(self, timeout: float = 5.0) -> bool:
        """Drain the handler, disconnect, end the thread; return whether in *timeout* seconds."""
        # A part of the time is left for closing the connection.
        self._stop_by = time.monotonic() + timeout * 0.8
        self._stopping.set()
        self._waker.wake()
        if self._thread.ident is not None:
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        with self._waker:
            while not self._stopping.is_set():
                try:
                    self._attempt()
                except Exception:
                    self.faults += 1
                    # As after a refusal, and longer each time: a bug that recurs must not flood
                    # the broker.
                    wait_s = self._attempts.wait_s(0.0)
                    at = self._attempts.at
                    log.exception("broker %s: a fault of ours; trying again in %.2f s", at, wait_s)
                    self._state = Waiting("a fault of ours")
                    # Without turns: the handler may be what has failed.
                    self._wait(wait_s, turns=False)
        self._state = Waiting("stopped")

    def _attempt(self) -> None:
        """Connect, stay connected, and wait before the next attempt."""
        began = time.monotonic()
        error: EdgenodeError | None
        try:
            error = self._connect()
        except EdgenodeError as raised:
            error = raised
        held_s = time.monotonic() - began if self.connected else 0.0
        self._note(self._attempts.ended(error, held_s))
        if not self._attempts.at_once:
            self._wait(self._attempts.wait_s(held_s), turns=True)

    def _connect(self) -> EdgenodeError | None:
        """Connect and stay connected; return why that ended, None if we closed."""
        self._state = Connecting(time.monotonic(), self.reason)
        terms = self._attempts.next(self._handler.will)
        try:
            link = Link(terms)
        except EdgenodeError as error:
            return error
        try:
            self._state = Waiting(self.reason)
            self._await_answer(link)
            if link.end is None and link.up:
                self._exchange(link)
            return link.end
        finally:
            link.close()

    def _await_answer(self, link: Link) -> None:
        # Also while stopping, as long as the handler has something to publish.
        while not link.up and link.end is None and not self._is_done():
            self.progress.advance()
            link.turn(self._waker, TURN_S)
        if link.end is not None:
            self._attempts.failed(link.end)

    def _exchange(self, link: Link) -> None:
        self.protocol = link.protocol
        self._state = Connected()
        self._attempts.accepted(link.grants, link.protocol)
        try:
            self._handler.connected(link)
            draining = False
            while link.end is None and not self._is_done():
                if self._stopping.is_set() and not draining:
                    draining = True
                    self._handler.drain(self._left_s() / 2)
                self._turn(link)
            # With something left it is no clean end: without DISCONNECT the will is published.
            if link.end is None and self._handler.drained:
                link.disconnect(self._waker)
        finally:
            self._handler.lost(link.end)

    def _turn(self, link: Link) -> None:
        self.progress.advance()
        self._handler.turn()
        for incoming in link.turn(self._waker, TURN_S):
            match incoming:
                case Acknowledged(packet_id, reason):
                    self._handler.acknowledged(packet_id, reason)
                case Received():
                    self._handler.received(incoming)

    def _left_s(self) -> float:
        return (self._stop_by or 0.0) - time.monotonic()

    def _is_done(self) -> bool:
        """Return whether we are to stop, and all is published or the time is over."""
        if not self._stopping.is_set():
            return False
        return self._handler.drained or self._left_s() <= 0

    def _note(self, error: EdgenodeError | None) -> None:
        if self._attempts.at_once:
            # It is no reason yet: another way is tried.
            self._state = Waiting(self.reason)
            return
        reason = str(error) if error else "the connection ended"
        # Each reason once: with the back-off the same line would come for hours.
        known = reason == self.reason or self._stopping.is_set() or error is None
        if not known:
            level = logging.ERROR if isinstance(error, RefusedError) else logging.WARNING
            log.log(level, "%s; trying again", error)
        self._state = Waiting(reason)

    def _wait(self, seconds: float, *, turns: bool) -> None:
        until = time.monotonic() + seconds
        while not self._stopping.is_set() and (left := until - time.monotonic()) > 0:
            self.progress.advance()
            if turns:
                self._handler.turn()
            self._stopping.wait(min(TURN_S, left))
