"""Where each message of sense goes in the uplink, and which one is answered."""

import logging
from collections.abc import Callable

import msgspec

from edgenode.errors import ContractError
from edgenode.handover.protocol import (
    Answer,
    Command,
    Hello,
    Inventory,
    Offer,
    Request,
    ResultRecord,
    SenseSnapshot,
    Welcome,
    decode_to_uplink,
)
from edgenode.messages import Seq
from edgenode.uplink.outbox import Outbox
from edgenode.uplink.telemetry import Telemetry

log = logging.getLogger(__name__)


def ignore(*_: object) -> None:
    """Ignore a call: the uplink runs without a process around it, as in a program."""


class Acceptance:
    """Puts offers into the outbox, and passes the other messages on. For the receiver's thread.

    *added* is called when something has come into the outbox, *requested* with each command and
    answer of sense.
    """

    def __init__(
        self,
        outbox: Outbox,
        telemetry: Telemetry,
        added: Callable[[], None] = ignore,
        requested: Callable[[Request], None] = ignore,
    ) -> None:
        self._outbox = outbox
        self._telemetry = telemetry
        self._added = added
        self._requested = requested

    def receive(self, payload: bytes) -> Welcome | None:
        """Process one message; return the answer, if there is one."""
        try:
            message = decode_to_uplink(payload)
        except ContractError as error:
            self._reject(payload, error)
            return None
        match message:
            case Hello():
                return self._greet(message)
            case Offer():
                self._accept(message, len(payload))
            case Inventory():
                self._telemetry.inventory(message)
            case SenseSnapshot():
                self._telemetry.snapshot(message)
            case Command() | Answer():
                self._requested(message)
        return None

    def kept(self) -> int:
        """Return the highest seq up to which all findings of sense's run are safe."""
        return self._outbox.kept()

    def disconnected(self) -> None:
        """Take note that the connection has ended; the next one begins with a ``Hello``."""
        self._telemetry.sense_connected = False

    def _greet(self, hello: Hello) -> Welcome:
        self._telemetry.sense_connected = True
        return Welcome(self._outbox.open(hello.run, hello.kept))

    def _accept(self, offer: Offer, size: int) -> None:
        # Before a Hello the run is unknown, so the finding has no identity.
        if not self._telemetry.sense_connected:
            self._telemetry.totals.rejected += 1
            return
        if not self._outbox.add(offer.seq, offer.record, offer.clock, size):
            return
        self._added()
        if isinstance(offer.record, ResultRecord):
            self._telemetry.result(offer.record)

    def _reject(self, payload: bytes, error: ContractError) -> None:
        self._telemetry.totals.rejected += 1
        if self._telemetry.totals.rejected == 1:
            log.warning(
                "the gate rejects a message of sense: %s; further ones are only counted", error
            )
        # Without a report of it, sense would keep and send for ever what can never pass.
        seq = seq_of(payload)
        if seq is not None and self._telemetry.sense_connected:
            self._outbox.reject(seq)
            self._added()


def seq_of(payload: bytes) -> int | None:
    """Return the seq of an offer that was rejected, None if that cannot be read from it."""
    try:
        message = msgspec.msgpack.decode(payload)
        return msgspec.convert(message["seq"], Seq) if message["type"] == "offer" else None
    except (msgspec.MsgspecError, ValueError, LookupError, TypeError, RecursionError):
        return None
