"""What sense still has to send: findings that are not kept by the uplink, and the newest news."""

import logging
import threading
from collections.abc import Callable

import msgspec

from edgenode.handover.findings import Findings
from edgenode.handover.protocol import (
    LENGTH,
    Answer,
    EventRecord,
    Hello,
    Inventory,
    Offer,
    Record,
    ToUplink,
    Vitals,
    decode_to_uplink,
    packet,
)
from edgenode.messages import new_run

log = logging.getLogger(__name__)

MOST_BYTES = 64 * 1024 * 1024
"""Bytes of findings that sense keeps at most."""


class Packet(msgspec.Struct, frozen=True):
    """A finding, encoded once; ``order`` is its seq."""

    order: int
    event: bool
    data: bytes

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.data)


class Backlog:
    """Numbers findings and keeps each until the uplink has it safe. From any thread.

    Beside findings it holds messages of which only the newest matters, by topic.

    Attributes:
        run: this start of sense; it changes each time sense starts, and with it begins ``seq``.
        dropped: findings given up because the uplink was away too long.
    """

    def __init__(self, most: int) -> None:
        # The lock guards everything below it.
        self._changed = threading.Condition()
        self._findings: Findings[Packet] = Findings(most, MOST_BYTES, handed_over=True)
        self._news: dict[str, bytes] = {}
        self._inventory = Inventory()
        self._vitals: Vitals | None = None
        self._seq = 0
        self._kept = 0
        self._sending = False
        self.run = new_run()
        self.dropped = 0

    def add(self, record: Record, clock: float) -> None:
        """Number *record* and keep it.

        Raise ``ContractError`` for one that can never pass: it is its plugin that fails then.
        """
        event = isinstance(record, EventRecord)
        with self._changed:
            seq = self._seq + 1
            data = _checked(Offer(seq, record, clock))
            # Only one that can pass has a number: a gap would have to be explained.
            self._seq = seq
            dropped = self._findings.add(Packet(seq, event, data))
            if dropped and not self.dropped:
                log.warning(
                    "the uplink is away too long: findings are dropped, oldest results first"
                )
            self.dropped += len(dropped)

    def announce(self, inventory: Inventory) -> None:
        """Send *inventory*, now and in each later greeting; raise as ``add`` does."""
        self._tell("inventory", inventory)
        self._inventory = inventory

    def report(self, vitals: Vitals) -> None:
        """Send the newest *vitals*, now and to each later uplink; raise as ``add`` does."""
        self._tell("vitals", vitals)
        self._vitals = vitals

    def answer(self, answer: Answer) -> None:
        """Send the answer to a command, once; raise as ``add`` does."""
        self._tell(f"answer {answer.id}", answer)

    def greet(self) -> bytes:
        """Return the ``Hello`` of a new connection."""
        with self._changed:
            # An uplink before this one may have died with them unread.
            if self._vitals is not None:
                self._news["vitals"] = packet(self._vitals)
            return packet(Hello(run=self.run, kept=self._kept, inventory=self._inventory))

    def disconnected(self) -> None:
        """Send all that is not kept again, once there is a connection."""
        with self._changed:
            self._findings.put_back_all()
            self._sending = False

    def take(self, most: int) -> list[bytes]:
        """Return what to send next; to be called once all before it has been sent."""
        with self._changed:
            batch = list(self._news.values())
            self._news.clear()
            batch += [item.data for item in self._findings.take(most)]
            self._sending = bool(batch)
            self._changed.notify_all()
        return batch

    def keep(self, seq: int) -> None:
        """Forget all findings up to *seq*: the uplink has them safe."""
        with self._changed:
            self._kept = max(self._kept, seq)
            self._findings.forget_until(seq)
            self._changed.notify_all()

    def wait_until_sent(self, timeout: float) -> bool:
        """Wait until everything has left; return whether it has."""
        return self._wait(
            lambda: not (self._news or self._sending or self._findings.waiting), timeout
        )

    def wait_until_kept(self, timeout: float) -> bool:
        """Wait until no finding is left here; return whether none is."""
        return self._wait(lambda: not len(self._findings), timeout)

    def __len__(self) -> int:
        return len(self._findings)

    def _tell(self, topic: str, message: ToUplink) -> None:
        data = _checked(message)
        with self._changed:
            self._news[topic] = data

    def _wait(self, condition: Callable[[], bool], timeout: float) -> bool:
        with self._changed:
            return self._changed.wait_for(condition, timeout)


def _checked(message: ToUplink) -> bytes:
    """Return the packet of *message*; raise ``ContractError`` where the uplink would refuse it."""
    data = packet(message)
    decode_to_uplink(data[LENGTH.size :])
    return data
