"""What becomes of what sense sends, and what is answered."""

import logging
from collections.abc import Callable
from typing import Protocol

from edgenode.errors import ContractError
from edgenode.handover import (
    Answer,
    Command,
    Hello,
    Inventory,
    Offer,
    Request,
    ResultRecord,
    SenseSnapshot,
    Welcome,
)
from edgenode.uplink import gate
from edgenode.uplink.outbox import Outbox
from edgenode.uplink.telemetry import Totals

log = logging.getLogger(__name__)


class Listener(Protocol):
    """Who wants to know what sense says, beside the outbox. Called from the receiver's thread.

    Attributes:
        totals: where packets that were rejected are counted.
        sense_connected: set as sense comes and goes.
    """

    totals: Totals
    sense_connected: bool

    def inventory(self, inventory: Inventory) -> None:
        """Sense runs *inventory* from now on."""

    def snapshot(self, snapshot: SenseSnapshot) -> None:
        """Take the newest state of sense and its plugins."""

    def result(self, record: ResultRecord) -> None:
        """A result was accepted."""


def ignore(_: Request) -> None:
    """Nobody is there to be asked."""


class Acceptance:
    """Puts offers into the outbox and passes on the rest. For the receiver's thread."""

    def __init__(
        self,
        outbox: Outbox,
        listener: Listener,
        requested: Callable[[Request], None] = ignore,
    ) -> None:
        self._outbox = outbox
        self._listener = listener
        self._requested = requested
        self._greeted = False

    def receive(self, payload: bytes) -> Welcome | None:
        """Take in one message; return the answer, if there is one."""
        try:
            said = gate.admit(payload)
        except ContractError as error:
            self._reject(payload, error)
            return None
        match said:
            case Hello():
                return self._greet(said)
            case Offer():
                self._accept(said, len(payload))
            case Inventory():
                self._listener.inventory(said)
            case SenseSnapshot():
                self._listener.snapshot(said)
            case Command() | Answer():
                self._requested(said)
        return None

    def kept(self) -> int:
        """Return up to which seq the run that sense has greeted with is safe."""
        return self._outbox.kept()

    def disconnected(self) -> None:
        """Sense has gone; the next one greets."""
        self._listener.sense_connected = False

    def _greet(self, hello: Hello) -> Welcome:
        self._greeted = self._listener.sense_connected = True
        return Welcome(self._outbox.open(hello.run, hello.kept))

    def _accept(self, offer: Offer, size: int) -> None:
        if not self._greeted:
            self._listener.totals.rejected += 1
            return
        new = self._outbox.add(offer.seq, offer.record, offer.clock, size)
        if new and isinstance(offer.record, ResultRecord):
            self._listener.result(offer.record)

    def _reject(self, payload: bytes, error: ContractError) -> None:
        self._listener.totals.rejected += 1
        if self._listener.totals.rejected == 1:
            log.warning("the gate rejects what sense says: %s; later ones are only counted", error)
        seq = gate.seq_of(payload)
        if seq is not None and self._greeted:
            self._outbox.reject(seq)
