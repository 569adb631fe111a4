"""Commands to the other process and its answers: made, read, queued and waited for."""

import queue
import time
from collections.abc import Callable, Sequence

import msgspec

from edgenode.handover.protocol import Answer, Command, Plain, Request
from edgenode.messages import new_run

RELOAD, CHECK = "reload", "check"
"""Commands: read the configuration again and apply it, or only return what is wrong with it.

The argument ``digest`` names the configuration that is meant.
"""

MOST_FAULTS, MOST_CHARACTERS = 32, 512
"""Most faults in an answer, and most characters of each."""


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """How long one process waits for the other, in seconds.

    Attributes:
        return_s: for one that is away: it may just be replaced.
        answer_s: until it has answered.
        turn_s: between two looks whether it is there. Less than ``retry_s`` of the sender, so that
            no change of the connection is missed.
    """

    return_s: float = 2.0
    answer_s: float = 30.0
    turn_s: float = 0.05


class Requests:
    """Queue of commands and answers from the sender's or receiver's thread to the main thread.

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


class OtherProcess:
    """The other process of the node, to be asked by the main thread of this one.

    *requests* receives its commands and answers; *send* sends one to it if it is connected.
    """

    def __init__(
        self,
        name: str,
        requests: Requests,
        connected: Callable[[], bool],
        send: Callable[[Request], object],
        patience: Patience = Patience(),  # noqa: B008 frozen value
    ) -> None:
        self._name = name
        self._requests = requests
        self._connected = connected
        self._send = send
        self._patience = patience

    def ask(
        self, command: Command, handle: Callable[[Request], None] | None = None
    ) -> list[str] | None:
        """Return why *command* was refused, empty if it was done; None if the other is away.

        One that has been replaced meanwhile, or has connected again, is asked again. *handle* is
        called with whatever else arrives; without it that waits in the queue until the end.
        """
        deferred: list[Request] = []
        try:
            return self._ask(command, handle or deferred.append)
        finally:
            for request in deferred:
                self._requests.put(request)

    def _ask(self, command: Command, handle: Callable[[Request], None]) -> list[str] | None:
        asked = False
        until = time.monotonic() + self._patience.answer_s
        while time.monotonic() < until:
            # Looked at before the queue: what it said before it went has arrived by then.
            connected = self._connected()
            request = self._requests.take(self._patience.turn_s if connected and asked else 0.0)
            if isinstance(request, Answer) and request.id == command.id:
                return faults_of(request)
            if request is not None:
                handle(request)
            elif not connected:
                asked = False
                if not self._returns():
                    return None
            elif not asked:
                asked = True
                self._send(command)
        return [f"{self._name} does not answer for {self._patience.answer_s:g} s: see its log"]

    def _returns(self) -> bool:
        until = time.monotonic() + self._patience.return_s
        while not self._connected():
            if time.monotonic() >= until:
                return False
            time.sleep(self._patience.turn_s)
        return True


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
