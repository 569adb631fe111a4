"""Commands and answers from the other process, for the thread that acts on them."""

import queue
import time
from collections.abc import Callable, Sequence

from edgenode.handover.protocol import Answer, Command, Plain, Request
from edgenode.messages import new_run

RELOAD, CHECK = "reload", "check"
"""Commands: read the configuration anew and apply it, or only tell what is wrong with it.

The argument ``digest`` says which one is meant.
"""

LINES, LINE = 32, 512
"""Faults in an answer at most, and characters of each."""


class Requests:
    """Put by a thread of the handover, taken by the main one, which *wake* wakes."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._arrived: queue.SimpleQueue[Request] = queue.SimpleQueue()
        self._wake = wake

    def put(self, request: Request) -> None:
        """Leave *request* for the main thread. Never blocks."""
        self._arrived.put(request)
        self._wake()

    def take(self, timeout: float = 0.0) -> Request | None:
        """Return the oldest one, None where none arrives within *timeout* seconds."""
        try:
            return self._arrived.get(timeout=timeout) if timeout else self._arrived.get_nowait()
        except queue.Empty:
            return None


def ask_to(name: str, digest: str = "") -> Command:
    """Return the command *name*; *digest*: of the configuration that is meant, if any one is."""
    return Command(id=new_run(), name=name, args={"digest": digest} if digest else {})


def answer(command: Command, faults: Sequence[str]) -> Answer:
    """Return the answer to it: done, or refused with a line for each fault."""
    lines: dict[str, Plain] = {
        str(number): fault[:LINE] for number, fault in enumerate(faults[:LINES], 1)
    }
    return Answer(id=command.id, ok=not faults, code="refused" if faults else "done", data=lines)


def answer_unknown(command: Command) -> Answer:
    """Return the answer to a command that is none."""
    return Answer(id=command.id, ok=False, code="unknown", msg=f"no command {command.name!r}")


def faults_of(answer: Answer) -> list[str]:
    """Return why a command was refused, empty where it was not."""
    if answer.ok:
        return []
    return [str(line) for line in answer.data.values()] or [answer.msg or "refused"]


def waited_for(connected: Callable[[], bool], timeout: float, turn_s: float = 0.02) -> bool:
    """Return whether the other process is there, or comes within *timeout* seconds."""
    until = time.monotonic() + timeout
    while not connected():
        if time.monotonic() >= until:
            return False
        time.sleep(turn_s)
    return True
