"""What sense still has to send: findings the uplink has not kept yet, and the newest state."""

import logging
import threading

import msgspec

from edgenode.handover.findings import Findings
from edgenode.handover.protocol import (
    EventRecord,
    Hello,
    Inventory,
    Offer,
    Record,
    Request,
    SenseSnapshot,
    ToUplink,
    checked_packet,
    packet,
)
from edgenode.messages import new_run
from edgenode.waker import Waker

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
        """Length in bytes."""
        return len(self.data)


class Backlog:
    """Numbers findings and keeps each of them until the uplink has it safe. For any thread.

    At most *most* findings are kept. When there is one more, one that the uplink has received
    already is forgotten; if there is none, because the uplink is away, one that waits is dropped.
    It is the oldest result, or the oldest event if there is no result. An inventory or a snapshot
    is replaced by the next one.

    ``add``, ``announce``, ``report`` and ``request`` never block. They raise ``ContractError`` for
    a message that the uplink would refuse, so that the caller who made it fails, and nobody else.

    Attributes:
        run: id of this start of sense. ``seq`` counts from 1 within it.
        dropped: findings dropped because the uplink was away too long.
        waker: woken when there is something to send.
    """

    def __init__(self, most: int = 10_000) -> None:
        # Guards all fields below. Taken by plugin threads (add), the main thread (announce,
        # report, drain) and the sender (take, keep). No callback is called under it.
        self._changed = threading.Condition()
        self._most = most
        self._waiting: Findings[Packet] = Findings()
        self._sent: Findings[Packet] = Findings()
        # Messages of which only the newest counts, by kind: to be sent, and sent to every uplink.
        self._pending: dict[str, bytes] = {}
        self._lasting: dict[str, bytes] = {}
        self._seq = 0
        self._kept = 0
        self._sending = False
        self.run = new_run()
        self.dropped = 0
        self.waker = Waker()

    def add(self, record: Record, clock: float) -> None:
        """Give *record* the next seq and keep it.

        *clock* is ``clock.offset()`` when the sample was captured.
        """
        event = isinstance(record, EventRecord)
        # Encoding is under the lock as well: the number is in the bytes, and they go in its order.
        with self._changed:
            seq = self._seq + 1
            data = checked_packet(Offer(seq, record, clock))
            # A finding that is refused gets no number: the uplink would report the gap as dropped.
            self._seq = seq
            self._waiting.add(Packet(seq, event, data))
            self._sent.trim(self._most - len(self._waiting), MOST_BYTES - self._waiting.bytes)
            dropped = self._waiting.trim(self._most, MOST_BYTES)
            if dropped and not self.dropped:
                log.warning(
                    "the uplink is away too long: findings are dropped, oldest results first"
                )
            self.dropped += len(dropped)
        self.waker.wake()

    def announce(self, inventory: Inventory) -> None:
        """Send *inventory*, now and again on each new connection."""
        self._send("inventory", inventory, lasts=True)

    def report(self, snapshot: SenseSnapshot) -> None:
        """Send *snapshot*, now and again on each new connection."""
        self._send("snapshot", snapshot, lasts=True)

    def request(self, request: Request) -> None:
        """Send a command, or the answer to one, once."""
        self._send(f"{type(request).__name__} {request.id}", request)

    def greet(self) -> bytes:
        """Return the ``Hello`` of a new connection; inventory and snapshot are sent after it."""
        with self._changed:
            # The uplink before this one may have died before it read them.
            self._pending = self._lasting | self._pending
            return packet(Hello(run=self.run, kept=self._kept))

    def disconnected(self) -> None:
        """Take note that the connection ended: all that is not kept will be sent again."""
        with self._changed:
            self._waiting.put_back(self._sent.take(len(self._sent)))
            self._sending = False

    def take(self, most: int) -> list[bytes]:
        """Return the next packets, at most *most* findings, empty if there is nothing to send.

        To be called only when the socket has taken all packets before: ``drain`` relies on that.
        """
        with self._changed:
            batch = list(self._pending.values())
            self._pending.clear()
            for finding in self._waiting.take(most):
                self._sent.add(finding)
                batch.append(finding.data)
            self._sending = bool(batch)
            self._changed.notify_all()
        return batch

    def keep(self, seq: int) -> None:
        """Forget all findings up to *seq*: the uplink has them safe."""
        with self._changed:
            self._kept = max(self._kept, seq)
            for findings in (self._sent, self._waiting):
                findings.drop_while(lambda finding: finding.order <= seq)
            self._changed.notify_all()

    def drain(self, timeout: float, *, kept: bool = False) -> bool:
        """Wait at most *timeout* seconds until everything is sent; return whether it is.

        With *kept*: until the uplink has all findings safe.
        """
        with self._changed:
            done = self._is_kept if kept else self._is_sent
            return self._changed.wait_for(done, timeout)

    def __len__(self) -> int:
        return len(self._sent) + len(self._waiting)

    def _send(self, kind: str, message: ToUplink, *, lasts: bool = False) -> None:
        data = checked_packet(message)
        with self._changed:
            self._pending[kind] = data
            if lasts:
                self._lasting[kind] = data
        self.waker.wake()

    def _is_kept(self) -> bool:
        return not len(self)

    def _is_sent(self) -> bool:
        return not (self._pending or self._sending or len(self._waiting))
