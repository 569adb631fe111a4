"""An outbox that a test fills as sense would."""

from collections.abc import Callable
from dataclasses import dataclass, field

from edgenode import config
from edgenode.handover.protocol import EventRecord, Record, ResultRecord
from edgenode.messages import Identity
from edgenode.uplink.gaps import DropReport, Gap
from edgenode.uplink.outbox import Entry, Outbox
from edgenode.values import Result

RUN, UPLINKS_RUN = "0" * 12, "a" * 12


def result() -> ResultRecord:
    return ResultRecord("people", Result(captured_at=1.0))


def event() -> EventRecord:
    return EventRecord(plugin="words", captured_at=1.0, type="keyword", label="yes", score=0.9)


@dataclass
class Calls:
    """Counts how often it was called."""

    times: int = 0

    def __call__(self) -> None:
        self.times += 1


@dataclass
class FilledOutbox:
    """An outbox that sense fills with one run, and the callback it calls."""

    limits: config.Outbox = field(default_factory=config.Outbox)
    ended: Calls = field(default_factory=Calls)
    seq: int = 0

    def __post_init__(self) -> None:
        self.outbox = Outbox(self.limits, UPLINKS_RUN, self.ended)
        self.outbox.open(RUN, 0)

    def add(self, *kinds: Callable[[], Record], size: int = 10) -> None:
        for kind in kinds:
            self.seq += 1
            self.outbox.add(self.seq, kind(), 0.0, size)

    def begin(self, most: int = 1000) -> list[Entry]:
        return self.outbox.begin(most)

    def done(self, entries: list[Entry]) -> None:
        self.outbox.end(done=identities(entries))

    def seqs(self, most: int = 1000) -> list[int]:
        return [entry.identity.seq for entry in self.begin(most) if not is_report(entry)]

    def gaps(self) -> set[Gap]:
        """Deliver all there is; return what its reports explain."""
        found = self.begin()
        self.done(found)
        return {entry.message.gap for entry in found if isinstance(entry.message, DropReport)}


def identities(entries: list[Entry]) -> list[Identity]:
    return [entry.identity for entry in entries]


def is_report(entry: Entry) -> bool:
    return isinstance(entry.message, DropReport)


def limited(**limits: float) -> FilledOutbox:
    return FilledOutbox(config.Outbox(**limits))
