"""The interface between a pipeline and an interpreter: a ticket now, the answer later."""

import time
from typing import NamedTuple, Protocol

from edgenode.plugin import Tensor


class Answer(NamedTuple):
    """The output tensors of one inference. It is also a ticket that is answered already.

    Attributes:
        ms: how long it took in milliseconds, including the wait for an accelerator.
        degraded: the CPU twin has answered because the Edge TPU was not available.
    """

    outputs: list[Tensor]
    ms: float
    degraded: bool = False

    def answer(self) -> "Answer":
        """Return itself."""
        return self


class Ticket(Protocol):
    """A request to a model."""

    def answer(self) -> Answer:
        """Wait for the answer and return it; raise ``ModelError`` if the inference has failed."""


class Inference(Protocol):
    """Answers the requests of one pipeline, in their order. Called from one thread.

    Attributes:
        depth: how many requests may wait for their answer; 0: ``ask`` itself runs the inference.
    """

    depth: int

    def ask(self, tensor: Tensor, due_at: float) -> Ticket:
        """Request an inference on *tensor*. The answer is useful until *due_at*, monotonic seconds.

        The tensor must not be changed before the ticket is answered.
        """

    def reset(self) -> None:
        """Forget the state of a streaming model. Called only when every ticket is answered."""


class Interpreter(Protocol):
    """An interpreter in this process."""

    def infer(self, tensor: Tensor) -> list[Tensor]:
        """Return the output tensors for *tensor*."""

    def reset(self) -> None:
        """Forget the state of a streaming model."""


class InThread:
    """Runs each inference in the caller's thread, before ``ask`` returns."""

    depth = 0

    def __init__(self, interpreter: Interpreter) -> None:
        self._interpreter = interpreter

    def ask(self, tensor: Tensor, due_at: float) -> Answer:
        """Run the inference; return its answer."""
        del due_at  # nobody else is waiting
        started = time.perf_counter()
        outputs = self._interpreter.infer(tensor)
        return Answer(outputs, (time.perf_counter() - started) * 1000.0)

    def reset(self) -> None:
        """Reset the interpreter."""
        self._interpreter.reset()


class NoModel:
    """For a plugin without a model: ``decode`` receives the tensor from ``prepare``."""

    depth = 0

    def ask(self, tensor: Tensor, due_at: float) -> Answer:
        """Return *tensor* as the only output."""
        del due_at
        return Answer([tensor], 0.0)

    def reset(self) -> None:
        """Do nothing: there is no state."""
