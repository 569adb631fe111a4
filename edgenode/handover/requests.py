"""Commands and answers from the other process: their queue, and how they are made and read."""

import queue
import time
from collections.abc import Callable, Sequence

from edgenode.handover.protocol import Answer, Command, Plain, Request
from edgenode.messages import new_run

RELOAD, CHECK = "reload", "check"
"""Commands: read the configuration again and apply it, or only return what is wrong with it.

The argument ``digest`` names the configuration that is meant.
"""

MOST_FAULTS, MOST_CHARACTERS = 32, 512
"""Most faults in an answer, and most characters of each."""


class Requests:
    """Queue from the sender's or receiver's thread to the main thread.

    *wake* is called after each request; it must wake the main thread and not block.
    """

    def __init__(self, wake: Callable[[], None]) -> None:
        self._arrived: queue.SimpleQueue[Request] = queue.SimpleQueue()
        self._wake = wake

    def put(self, request: Request) -> None:
        """Add *request* for the main thread. Never blocks."""
        self._arrived.put(request)
        self._wake()

    def take(self, timeout: float = 0.0) -> Request | None:
        """Return the oldest request, None if there is none within *timeout* seconds."""
        try:
            return self._arrived.get(timeout=timeout) if timeout else self._arrived.get_nowait()
        except queue.Empty:
            return None


def ask_to(name: str, digest: str = "") -> Command:
    """Return a new command; *digest* names the configuration that is meant, empty for any."""
    return Command(id=new_run(), name=name, args={"digest": digest} if digest else {})


def answer(command: Command, faults: Sequence[str]) -> Answer:
    """Return the answer to *command*: ``done``, or ``refused`` with one line for each fault."""
    # The fields of an answer are bounded: longer ones would be refused by the other side.
    lines: dict[str, Plain] = {
        str(number): fault[:MOST_CHARACTERS] for number, fault in enumerate(faults[:MOST_FAULTS], 1)
    }
    return Answer(id=command.id, ok=not faults, code="refused" if faults else "done", data=lines)


def answer_unknown(command: Command) -> Answer:
    """Return the answer to a command whose name is unknown."""
    return Answer(id=command.id, ok=False, code="unknown", msg=f"no command {command.name!r}")


def faults_of(answer: Answer) -> list[str]:
    """Return why a command was refused, one line each; empty if it was done."""
    if answer.ok:
        return []
    return [str(line) for line in answer.data.values()] or [answer.msg or "refused"]


def waited_for(connected: Callable[[], bool], timeout: float, turn_s: float = 0.02) -> bool:
    """Wait at most *timeout* seconds until *connected*; return whether it is."""
    until = time.monotonic() + timeout
    while not connected():
        if time.monotonic() >= until:
            return False
        time.sleep(turn_s)
    return True
