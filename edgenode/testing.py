"""Fakes for the tests of sources, plugins and filters: no hardware, no model file, no network.

::

    def test_a_bright_frame_is_bright() -> None:
        brightness = Brightness(BrightnessOptions(source="front"))

        (result,) = drive(brightness, frames([np.full((4, 4, 3), 255, np.uint8)]))

        assert result.findings == (plugin.Measurement("brightness", 1.0),)
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from edgenode import plugin
from edgenode.handover.protocol import Offer, decode_to_uplink
from edgenode.sense.assembly import stages
from edgenode.sense.inference import Answer, Inference, InThread, NoModel
from edgenode.sense.junction import records
from edgenode.sense.pipeline import Outcome, Pipeline

STARTED_AT = 1_700_000_000.0
"""Capture time of the first fake sample, seconds since the epoch."""


class FakeSource(plugin.Source[plugin.Options]):
    """Yields *samples* each time it is opened, then raises *fault* if that is given.

    Its kind of samples is that of the first one.

    Attributes:
        opened, closed: how often it was opened and closed.
    """

    lossless = True
    ends = True

    def __init__(self, samples: Sequence[plugin.Sample], fault: Exception | None = None) -> None:
        super().__init__(plugin.Options())
        self.opened = 0
        self.closed = 0
        self.yields = type(samples[0]) if samples else plugin.Frame
        self._samples = samples
        self._fault = fault

    def open(self) -> None:
        """Count the call."""
        self.opened += 1

    def close(self) -> None:
        """Count the call."""
        self.closed += 1

    def samples(self) -> Iterator[plugin.Sample]:
        """Yield the given samples, then raise the fault."""
        yield from self._samples
        if self._fault is not None:
            raise self._fault


class FakeModel:
    """A model without weights: the test gives its input tensor and its answers.

    Attributes:
        model: its description for the plugin.
        inputs: the input tensors of all inferences so far.
    """

    def __init__(
        self,
        answers: Sequence[Sequence[plugin.Tensor]],
        input_spec: plugin.TensorSpec,
        labels: tuple[str, ...] = (),
        traits: Mapping[str, Any] | None = None,
    ) -> None:
        """*answers*: the output tensors of each inference; the last one is repeated."""
        outputs = tuple(
            plugin.TensorSpec(name=f"output-{place}", shape=tensor.shape, dtype=tensor.dtype.name)
            for place, tensor in enumerate(answers[0])
        )
        self.model = plugin.Model(
            id="fake", labels=labels, input=input_spec, outputs=outputs, traits=traits or {}
        )
        self.inputs: list[plugin.Tensor] = []
        self._answers = answers

    def infer(self, tensor: plugin.Tensor) -> list[plugin.Tensor]:
        """Return the next answer; raise ``ValueError`` for a tensor that a real model refuses."""
        spec = self.model.input
        if (tensor.shape, tensor.dtype.name) != (spec.shape, spec.dtype):
            raise ValueError(
                f"prepare gave {tensor.dtype} {tensor.shape}, the model takes "
                f"{spec.dtype} {spec.shape}"
            )
        self.inputs.append(tensor)
        return list(self._answers[min(len(self.inputs), len(self._answers)) - 1])

    def reset(self) -> None:
        """Do nothing: there is no state."""


class FakeAccelerator:
    """Answers as *model* does, but later: up to ``depth`` requests wait at a time.

    Attributes:
        most: the largest number of requests that have waited at the same time.
    """

    def __init__(self, model: FakeModel, depth: int = 2, *, ms: float = 1.0) -> None:
        self.depth = depth
        self.most = 0
        self._model = model
        self._ms = ms
        self._waiting: deque[FakeTicket] = deque()

    def ask(self, tensor: plugin.Tensor, due_at: float) -> "FakeTicket":
        """Accept the request; raise ``RuntimeError`` if more than ``depth`` wait."""
        del due_at
        self._waiting.append(FakeTicket(self, tensor))
        self.most = max(self.most, len(self._waiting))
        if self.most > self.depth:
            raise RuntimeError(f"{self.most} requests under way, {self.depth} are allowed")
        return self._waiting[-1]

    def reset(self) -> None:
        """Raise ``RuntimeError`` if a request still waits."""
        if self._waiting:
            raise RuntimeError(f"{len(self._waiting)} answers are still to come")

    def answer(self, ticket: "FakeTicket") -> Answer:
        """Answer the oldest request; raise ``RuntimeError`` if *ticket* is for another."""
        if self._waiting.popleft() is not ticket:
            raise RuntimeError("the answers are taken out of order")
        return Answer(self._model.infer(ticket.tensor), self._ms)


class FakeTicket:
    """A request to a ``FakeAccelerator``."""

    def __init__(self, accelerator: FakeAccelerator, tensor: plugin.Tensor) -> None:
        self.tensor = tensor
        self._accelerator = accelerator

    def answer(self) -> Answer:
        """Return the answer."""
        return self._accelerator.answer(self)


def frames(pictures: Iterable[plugin.Tensor], rate_hz: float = 10.0) -> list[plugin.Frame]:
    """Return *pictures*, uint8 [height, width, channels], as frames with *rate_hz* per second.

    They are read-only, like those of a real source.
    """
    return [
        plugin.Frame(pixels=pixels, captured_at=STARTED_AT + place / rate_hz, at_s=place / rate_hz)
        for place, pixels in enumerate(pictures)
    ]


def hops(samples: NDArray[np.int16], length: int = 320) -> list[plugin.Audio]:
    """Return *samples*, ``SAMPLE_RATE`` per second, as gap-free hops of *length* samples.

    They are read-only, like those of a real source.
    """
    made = []
    for position in range(0, len(samples), length):
        hop = samples[position : position + length]
        at_s = (position + len(hop)) / plugin.SAMPLE_RATE
        made.append(
            plugin.Audio(samples=hop, position=position, captured_at=STARTED_AT + at_s, at_s=at_s)
        )
    return made


def drive(
    driven: plugin.Plugin[Any, Any],
    samples: Iterable[plugin.Sample],
    model: FakeModel | None = None,
) -> list[plugin.Result]:
    """Return the results of the plugin for *samples*, made by the same stages as in a node.

    Audio is cut by ``cut``; the plugin's own filters and ``report`` apply. Create the plugin with
    ``model.model``. Raise ``ContractError`` for a result that must not leave the node (a score
    above 1), and ``TypeError`` for one that cannot be encoded (a numpy score).
    """
    inference = InThread(model) if model else NoModel()
    crossing = [each for each in outcomes(driven, samples, inference) if each.crosses]
    for outcome in crossing:
        for record in records("driven", outcome):
            decode_to_uplink(msgspec.msgpack.encode(Offer(1, record)))
    return [outcome.result for outcome in crossing]


def outcomes(
    driven: plugin.Plugin[Any, Any],
    samples: Iterable[plugin.Sample],
    inference: Inference,
    *,
    triggers: Sequence[plugin.Trigger] = (),
    filters: Sequence[plugin.Filter] = (),
) -> list[Outcome]:
    """Return the outcome of each inference, with the *triggers* and *filters* of a user."""
    report = driven.options.report
    pipeline = Pipeline(driven, inference, stages(driven, triggers, filters, report=report))
    found = [outcome for sample in samples for outcome in pipeline.outcomes(sample)]
    return [*found, *pipeline.drain()]
