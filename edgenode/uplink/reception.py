"""What becomes of what sense says, and what is answered."""

import logging
from typing import Protocol

from edgenode import handover
from edgenode.errors import ContractError
from edgenode.handover import (
    Accepted,
    Hello,
    Inventory,
    Offer,
    Record,
    ResultRecord,
    Settled,
    ToSense,
    Vitals,
    Welcome,
)
from edgenode.messages import Identity
from edgenode.uplink import gate
from edgenode.uplink.ledger import Ledger
from edgenode.uplink.outbox import Entry, Outbox
from edgenode.uplink.topics import Topics

log = logging.getLogger(__name__)


class Telling(Protocol):
    """Who wants to know what sense says, beside the outbox. Called from the intake's thread."""

    def inventory(self, inventory: Inventory) -> None:
        """Sense runs *inventory* from now on."""

    def vitals(self, vitals: Vitals) -> None:
        """Sense fares as *vitals* say."""

    def result(self, record: ResultRecord) -> None:
        """A result was accepted."""


class Reception:
    """Turns offers into entries of the outbox. For one thread.

    An entry is put where the broker's thread can see it only after sense was told its identity:
    should uplink die in between, sense offers it again as the same message and not as a new one.

    Attributes:
        rejected: frames that were not in the contract.
    """

    def __init__(self, ledger: Ledger, outbox: Outbox, topics: Topics, telling: Telling) -> None:
        self._ledger = ledger
        self._outbox = outbox
        self._topics = topics
        self._telling = telling
        self._untold: dict[int, Entry] = {}
        self.rejected = 0

    @property
    def untold(self) -> bool:
        """Whether there are entries whose identity sense has not been told."""
        return bool(self._untold)

    def hear(self, payload: bytes) -> ToSense | None:
        """Take in one frame; return the answer, if there is one."""
        try:
            said = gate.admit(payload)
        except ContractError as error:
            return self._reject(payload, error)
        match said:
            case Hello():
                return self._greet(said)
            case Offer():
                return self._consider(said)
            case Inventory():
                self._telling.inventory(said)
            case Vitals():
                self._telling.vitals(said)
        return None

    def told(self, number: int) -> None:
        """Sense has been told what offer *number* was accepted as: it may go its way."""
        entry = self._untold.pop(number, None)
        if entry is not None:
            self._outbox.put(entry)

    def release(self) -> None:
        """Let go of what sense cannot be told: it is gone for good, as far as we can see."""
        for number in list(self._untold):
            self.told(number)

    def settle(self, entry: Entry) -> Settled | None:
        """Close the account of *entry*; return what to tell sense, if it waits for that."""
        if self._ledger.settle(entry.start, entry.number):
            return Settled(entry.number)
        return None

    def _greet(self, hello: Hello) -> Welcome:
        if hello.start != self._ledger.start:
            self.release()
        self._ledger.begin(hello.start)
        self._telling.inventory(hello.inventory)
        return Welcome(self._ledger.accepted)

    def _consider(self, offer: Offer) -> ToSense | None:
        number = offer.number
        if not self._ledger.start:
            self.rejected += 1
            return None
        if self._ledger.known(number):
            identity = self._ledger.identity(number)
            return Settled(number) if identity is None else Accepted(number, identity)
        identity = self._ledger.accept(number, offer.identity)
        self._untold[number] = self._entry(offer, identity)
        if isinstance(offer.record, ResultRecord):
            self._telling.result(offer.record)
        return Accepted(number, identity)

    def _entry(self, offer: Offer, identity: Identity) -> Entry:
        record = offer.record
        is_result = isinstance(record, ResultRecord)
        name = self._topics.result if is_result else self._topics.event
        return Entry(
            topic=name(record.plugin),
            payload=gate.payload(record, identity),
            event=not is_result,
            identity=identity,
            captured_at=_captured_at(record),
            start=self._ledger.start,
            number=offer.number,
        )

    def _reject(self, payload: bytes, error: ContractError) -> ToSense | None:
        self.rejected += 1
        if self.rejected == 1:
            log.warning("the gate rejects what sense says: %s; later ones are only counted", error)
        match gate.salvage(payload):
            case Hello() as hello:
                return self._greet(hello)
            case int() as number if self._ledger.start:
                self._ledger.reject(number)
                return Settled(number)
        return None


def _captured_at(record: Record) -> float:
    if isinstance(record, handover.ResultRecord):
        return record.result.captured_at
    return record.captured_at
