"""A sender with its backlog, and the uplink it sends to, one message at a time."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from edgenode.handover.backlog import Backlog
from edgenode.handover.protocol import (
    EventRecord,
    Offer,
    Request,
    ResultRecord,
    ToSense,
    ToUplink,
    decode_to_uplink,
    packet,
)
from edgenode.handover.sender import Sender
from edgenode.handover.wire import Wire
from edgenode.values import Result

SOCKET = "handover.sock"


class Uplink:
    """One connection, as the uplink sees it."""

    def __init__(self, server: socket.socket) -> None:
        self._connection = server.accept()[0]
        self._wire = Wire(self._connection)
        self._connection.settimeout(10)
        self._received: list[ToUplink] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def receive(self) -> ToUplink:
        while not self._received:
            self._received += map(decode_to_uplink, self._wire.receive())
        return self._received.pop(0)

    def offers(self, count: int) -> list[Offer]:
        found: list[Offer] = []
        while len(found) < count:
            message = self.receive()
            if isinstance(message, Offer):
                found.append(message)
        return found

    def send(self, *messages: ToSense) -> None:
        self.send_raw(b"".join(map(packet, messages)))

    def send_raw(self, data: bytes) -> None:
        self._connection.sendall(data)


@contextmanager
def listening(folder: Path) -> Iterator[socket.socket]:
    """Listen for a sender there, as an uplink that has just started."""
    path = folder / SOCKET
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        server.settimeout(10)
        yield server


@contextmanager
def running(
    folder: Path, capacity: int = 100, answer: Callable[[Request], None] = lambda _: None
) -> Iterator[Backlog]:
    """Run a sender for an uplink that listens there; *answer* takes its commands."""
    backlog = Backlog(capacity)
    sender = Sender(folder / SOCKET, backlog, answer)
    sender.start()
    yield backlog
    sender.stop()


def event(label: str) -> EventRecord:
    return EventRecord(plugin="words", captured_at=1.0, type="keyword", label=label, score=0.9)


def result(at: float) -> ResultRecord:
    return ResultRecord("people", Result(captured_at=at))
