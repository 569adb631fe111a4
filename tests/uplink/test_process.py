"""The uplink's side of a reload; the test is sense."""

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edgenode.handover.backlog import Backlog
from edgenode.handover.protocol import Answer, Command, Request
from edgenode.handover.requests import RELOAD, answer, ask_to
from edgenode.handover.sender import Sender, Timing
from edgenode.service import Signals
from edgenode.uplink.process import UplinkProcess

Until = Callable[..., None]
OURS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@pytest.fixture
def signals() -> Iterator[Signals]:
    before = {number: signal.getsignal(number) for number in OURS}
    yield Signals()
    for number, handler in before.items():
        signal.signal(number, handler)


class Pair:
    """An uplink whose broker is away, and a sense that answers when the test does."""

    def __init__(self, folder: Path, signals: Signals) -> None:
        self.socket = folder / "handover.sock"
        self.received: list[Request] = []
        self.faults: list[str] = []
        file = folder / "edgenode.toml"
        file.write_text(f'[mqtt]\nurl = "mqtt://127.0.0.1:1"\n[handover]\nsocket = "{self.socket}"')
        self.process = UplinkProcess(file, signals)
        self.backlog = Backlog()
        # Slow, so that the uplink sees that it is away.
        timing = Timing(retry_s=1.0)
        self.sender = Sender(self.socket, self.backlog, self.received.append, timing)
        self.process.start()
        self.sender.start()

    def reload(self) -> threading.Thread:
        """Begin a reload in a thread, as the uplink's main thread would do."""
        thread = threading.Thread(target=lambda: self.faults.extend(self.process.reload()))
        thread.start()
        return thread

    def commands(self) -> list[Command]:
        return [one for one in self.received if isinstance(one, Command)]


@pytest.fixture
def pair(tmp_path: Path, signals: Signals, until: Until) -> Iterator[Pair]:
    one = Pair(tmp_path, signals)
    until(lambda: "sense here" in one.process.status())
    yield one
    one.sender.stop()
    one.process.stop()


def test_a_sense_that_lost_the_connection_before_it_answered_is_asked_again(
    pair: Pair, until: Until
) -> None:
    reload = pair.reload()
    until(lambda: len(pair.commands()) == 1)

    with socket.socket(socket.AF_UNIX) as another:
        another.connect(str(pair.socket))
        until(lambda: len(pair.commands()) == 2)
        pair.backlog.request(answer(pair.commands()[1], ["not today"]))
        reload.join()

    assert pair.faults == ["not today"]
    assert pair.commands()[0] == pair.commands()[1]


def test_a_reload_that_sense_asks_for_during_another_is_the_next_one(
    pair: Pair, until: Until
) -> None:
    reload = pair.reload()
    until(lambda: len(pair.commands()) == 1)
    of_sense = ask_to(RELOAD)
    pair.backlog.request(of_sense)
    assert pair.backlog.drain(10)
    pair.backlog.request(answer(pair.commands()[0], ["not today"]))
    reload.join()
    second = threading.Thread(target=pair.process.turn)

    second.start()
    until(lambda: len(pair.commands()) == 2)
    pair.backlog.request(answer(pair.commands()[1], []))
    second.join()
    until(lambda: any(isinstance(one, Answer) for one in pair.received))

    assert pair.faults == ["not today"]
    (answered,) = (one for one in pair.received if isinstance(one, Answer))
    assert (answered.id, answered.ok) == (of_sense.id, True)
