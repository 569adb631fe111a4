"""What sense still has to send: findings that are not kept by the uplink, and the newest news."""

import logging
import threading

import msgspec

from edgenode.handover.findings import Findings
from edgenode.handover.protocol import (
    LENGTH,
    EventRecord,
    Hello,
    Inventory,
    Offer,
    Record,
    Request,
    SenseSnapshot,
    ToUplink,
    decode_to_uplink,
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
        """Bytes."""
        return len(self.data)


class Backlog:
    """Numbers findings and keeps each until the uplink has it safe. From any thread.

    At most *most* findings are kept. For one more what the uplink already has is forgotten, and
    while it is away the oldest is dropped, results before events. Beside findings there are
    messages of which only the newest matters, by topic.

    ``add``, ``announce``, ``report`` and ``request`` never block, and raise ``ContractError`` for
    what can never pass: it is whoever made it that fails then.

    Attributes:
        run: this start of sense; it changes each time sense starts, and with it begins ``seq``.
        dropped: findings given up because the uplink was away too long.
        waker: woken when there is something to send.
    """

    def __init__(self, most: int = 10_000) -> None:
        # The lock guards everything below it.
        self._changed = threading.Condition()
        self._findings: Findings[Packet] = Findings(most, MOST_BYTES, handed_over=True)
        self._news: dict[str, bytes] = {}
        self._lasting: dict[str, bytes] = {}
        self._seq = 0
        self._kept = 0
        self._sending = False
        self.run = new_run()
        self.dropped = 0
        self.waker = Waker()

    def add(self, record: Record, clock: float) -> None:
        """Number *record* and keep it; *clock*: its offset when the sample was captured."""
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
        self.waker.wake()

    def announce(self, inventory: Inventory) -> None:
        """Send *inventory*, now and to each later uplink."""
        self._tell("inventory", inventory, lasts=True)

    def report(self, snapshot: SenseSnapshot) -> None:
        """Send the newest *snapshot*, now and to each later uplink."""
        self._tell("snapshot", snapshot, lasts=True)

    def request(self, request: Request) -> None:
        """Send a command, or the answer to one, once."""
        self._tell(f"{type(request).__name__} {request.id}", request)

    def greet(self) -> bytes:
        """Return the ``Hello`` of a new connection, which the newest of everything follows."""
        with self._changed:
            # An uplink before this one may have died with them unread.
            self._news = self._lasting | self._news
            return packet(Hello(run=self.run, kept=self._kept))

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

    def drain(self, timeout: float, *, kept: bool = False) -> bool:
        """Wait until everything has been sent, or all findings are *kept*; return whether."""
        with self._changed:
            done = self._is_kept if kept else self._is_sent
            return self._changed.wait_for(done, timeout)

    def __len__(self) -> int:
        return len(self._findings)

    def _tell(self, topic: str, message: ToUplink, *, lasts: bool = False) -> None:
        data = _checked(message)
        with self._changed:
            self._news[topic] = data
            if lasts:
                self._lasting[topic] = data
        self.waker.wake()

    def _is_kept(self) -> bool:
        return not len(self._findings)

    def _is_sent(self) -> bool:
        return not (self._news or self._sending or self._findings.waiting)


def _checked(message: ToUplink) -> bytes:
    """Return the packet of *message*; raise ``ContractError`` where the uplink would refuse it."""
    data = packet(message)
    decode_to_uplink(data[LENGTH.size :])
    return data
