"""Carries findings to the uplink and keeps each until the uplink need not be asked again."""

import contextlib
import logging
import select
import socket
import threading
import time
from collections import OrderedDict
from pathlib import Path

from edgenode.bell import Bell
from edgenode.errors import ContractError
from edgenode.handover import (
    Accepted,
    EventRecord,
    FrameReader,
    Hello,
    Inventory,
    Offer,
    Record,
    Settled,
    ToUplink,
    Vitals,
    Welcome,
    decode_to_sense,
    frame,
)
from edgenode.messages import Identity, new_run

log = logging.getLogger(__name__)

RETRY_S = 0.2
TURN_S = 0.5
BATCH = 64


class Courier:
    """Offers findings to the uplink, again after either side was away, until they are settled.

    ``offer``, ``report`` and ``announce`` may be called from any thread and never block. At most
    *capacity* findings are kept. For one more, what the uplink has accepted is forgotten, as its
    outbox has it; while the uplink is away one is dropped, the oldest, results before events.

    Attributes:
        dropped: findings given up because the uplink was away too long.
        turns: grows as long as the courier's thread is alive and well.
    """

    def __init__(self, path: str | Path, capacity: int = 10_000) -> None:
        self._path = str(path)
        self._capacity = capacity
        self._start = new_run()
        self._number = 0
        self._kept: OrderedDict[int, Offer] = OrderedDict()
        self._unsent: OrderedDict[int, None] = OrderedDict()
        self._inventory = Inventory()
        self._vitals: Vitals | None = None
        self._news: dict[str, ToUplink] = {}
        self._speaking = False
        self._lock = threading.Lock()
        self._idle = threading.Condition(self._lock)
        self._bell = Bell()
        self._stopping = False
        self._reached = False
        self._thread = threading.Thread(target=self._run, name="courier", daemon=True)
        self.dropped = 0
        self.turns = 0

    def start(self) -> None:
        """Begin to look for the uplink."""
        self._thread.start()

    def offer(self, record: Record) -> None:
        """Keep *record* and bring it to the uplink.

        Raise ``TypeError`` or ``ValueError`` for one that cannot be encoded, as with a numpy score.
        """
        # Tried here, where it is its plugin that fails and not the courier of all.
        frame(Offer(1, record))
        with self._lock:
            if len(self._kept) >= self._capacity:
                self._make_room()
            self._number += 1
            self._kept[self._number] = Offer(self._number, record)
            self._unsent[self._number] = None
        self._bell.ring()

    def report(self, vitals: Vitals) -> None:
        """Bring the newest *vitals*, now and at the beginning of each later connection."""
        with self._lock:
            self._vitals = self._news["vitals"] = vitals
        self._bell.ring()

    def announce(self, inventory: Inventory) -> None:
        """Bring *inventory*, now and to every uplink that starts later."""
        with self._lock:
            self._inventory = inventory
        self._tell("inventory", inventory)

    def drain(self, timeout: float, *, settled: bool = False) -> bool:
        """Wait until offers are accepted (or *settled*) and news has left; return whether."""
        with self._idle:
            return self._idle.wait_for(lambda: not self._open(settled=settled), timeout)

    def stop(self, timeout: float = 2.0) -> None:
        """End the thread and the connection."""
        self._stopping = True
        self._bell.ring()
        if self._thread.is_alive():
            self._thread.join(timeout)

    @property
    def alive(self) -> bool:
        """Whether the thread lives."""
        return self._thread.is_alive()

    @property
    def waiting(self) -> int:
        """Findings that are not settled yet."""
        return len(self._kept)

    @property
    def reached(self) -> bool:
        """Whether the uplink is there."""
        return self._reached

    def _open(self, *, settled: bool) -> bool:
        if self._news or self._speaking:
            return True
        if settled:
            return bool(self._kept)
        return any(offer.identity is None for offer in self._kept.values())

    def _make_room(self) -> None:
        numbers = (n for n, offer in self._kept.items() if self._reached and offer.identity)
        safe = next(numbers, None)
        if safe is None:
            self._drop_one()
        else:
            del self._kept[safe]

    def _drop_one(self) -> None:
        numbers = (n for n in self._kept if not isinstance(self._kept[n].record, EventRecord))
        victim = next(numbers, next(iter(self._kept)))
        del self._kept[victim]
        self._unsent.pop(victim, None)
        self.dropped += 1
        if self.dropped == 1:
            log.warning("the uplink is away too long: findings are dropped, oldest results first")

    def _tell(self, topic: str, message: ToUplink) -> None:
        with self._lock:
            self._news[topic] = message
        self._bell.ring()

    def _run(self) -> None:
        rung = self._bell.open()
        while not self._stopping:
            self.turns += 1
            try:
                with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                    connection.settimeout(TURN_S)
                    connection.connect(self._path)
                    self._converse(connection, rung)
            except (OSError, ContractError) as error:
                self._note(reached=False, why=str(error))
                time.sleep(RETRY_S)
        self._bell.close()

    def _converse(self, connection: socket.socket, rung: socket.socket) -> None:
        connection.setblocking(False)  # noqa: FBT003 - the standard library's signature
        reader = FrameReader(connection)
        words = bytearray(frame(Hello(self._start, self._inventory)))
        with self._lock:
            self._unsent = OrderedDict.fromkeys(self._kept)
            # An uplink before this one may have died with them unread.
            if self._vitals is not None:
                self._news["vitals"] = self._vitals
        self._note(reached=True)
        try:
            while not self._stopping:
                self.turns += 1
                words = words or self._words()
                # An uplink whose answers are not read does not read either: both ways at once.
                speaks = [connection] if words else []
                readable, writable, _ = select.select([connection, rung], speaks, [], TURN_S)
                if rung in readable:
                    rung.recv(4096)
                if writable:
                    del words[: connection.send(words)]
                if connection in readable and not self._listen(reader):
                    raise ConnectionResetError("the uplink has gone")
        finally:
            self._hear_out(reader)

    def _words(self) -> bytearray:
        """Return what is to be said next, once all before it has been said."""
        with self._lock:
            batch: list[ToUplink] = list(self._news.values())
            self._news.clear()
            while self._unsent and len(batch) < BATCH:
                offer = self._kept.get(self._unsent.popitem(last=False)[0])
                if offer is not None:
                    batch.append(offer)
            self._speaking = bool(batch)
            self._idle.notify_all()
        return bytearray(b"".join(map(frame, batch)))

    def _listen(self, reader: FrameReader) -> bool:
        """Take in what the uplink said; return False when it has gone."""
        payloads = reader.receive()
        for payload in payloads or ():
            match decode_to_sense(payload):
                case Accepted(number, identity):
                    self._accept(number, identity)
                case Settled(number):
                    self._settle(number)
                case Welcome():
                    pass
        return payloads is not None

    def _hear_out(self, reader: FrameReader) -> None:
        """Take in what an uplink said before it died: the broker may have seen those identities."""
        with contextlib.suppress(OSError, ContractError):
            while self._listen(reader):
                pass

    def _accept(self, number: int, identity: Identity) -> None:
        with self._idle:
            if number in self._kept:
                self._kept[number] = Offer(number, self._kept[number].record, identity)
            self._idle.notify_all()

    def _settle(self, number: int) -> None:
        with self._idle:
            self._kept.pop(number, None)
            self._idle.notify_all()

    def _note(self, *, reached: bool, why: str = "") -> None:
        if reached and not self._reached:
            log.info("uplink reached at %s", self._path)
        elif self._reached and not reached:
            log.warning("uplink lost (%s); findings wait", why)
        self._reached = reached
