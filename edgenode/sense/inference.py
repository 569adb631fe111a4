"""What a pipeline asks of an interpreter, wherever it runs: a ticket now, the answer later."""

import time
from typing import NamedTuple, Protocol

from edgenode.plugin import Tensor


class Answer(NamedTuple):
    """The output tensors of one inference; a ticket that is answered already.

    Attributes:
        ms: how long it took, the wait for an accelerator included.
        degraded: the CPU twin answered because the Edge TPU was away.
    """

    outputs: list[Tensor]
    ms: float
    degraded: bool = False

    def answer(self) -> "Answer":
        """Return itself."""
        return self


class Ticket(Protocol):
    """A request that has been made."""

    def answer(self) -> Answer:
        """Return the answer, waiting for it; raise ``ModelError`` where there will be none."""


class Inference(Protocol):
    """Answers the requests of one pipeline, in their order. For one thread.

    Attributes:
        depth: how many requests may be under way; 0: each is answered in the caller's thread.
    """

    depth: int

    def ask(self, tensor: Tensor, due_at: float) -> Ticket:
        """Ask for *tensor*'s inference; the answer is of use until *due_at*, monotonic time.

        A tensor may not be changed before its ticket is answered.
        """

    def reset(self) -> None:
        """Forget what a streaming model remembers; called only while nothing is under way."""


class Interpreter(Protocol):
    """An interpreter of this process."""

    def infer(self, tensor: Tensor) -> list[Tensor]:
        """Return the output tensors for *tensor*."""

    def reset(self) -> None:
        """Forget what a streaming model remembers."""


class InThread:
    """Has an interpreter answer in the caller's thread, at once."""

    depth = 0

    def __init__(self, interpreter: Interpreter) -> None:
        self._interpreter = interpreter

    def ask(self, tensor: Tensor, due_at: float) -> Answer:
        """Infer."""
        del due_at  # nobody else is waiting
        started = time.perf_counter()
        outputs = self._interpreter.infer(tensor)
        return Answer(outputs, (time.perf_counter() - started) * 1000.0)

    def reset(self) -> None:
        """Pass it on."""
        self._interpreter.reset()


class NoModel:
    """Stands where a plugin has no model: what is prepared is decoded."""

    depth = 0

    def ask(self, tensor: Tensor, due_at: float) -> Answer:
        """Return *tensor* as the only output."""
        del due_at
        return Answer([tensor], 0.0)

    def reset(self) -> None:
        """Nothing is remembered."""
