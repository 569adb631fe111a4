"""Fakes for the tests of sources, plugins and filters: no hardware, no model file, no network.

::

    def test_a_bright_frame_is_bright() -> None:
        brightness = Brightness(BrightnessOptions(source="front"))

        (result,) = drive(brightness, frames([np.full((4, 4, 3), 255, np.uint8)]))

        assert result.findings == (plugin.Measurement("brightness", 1.0),)
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from edgenode import plugin
from edgenode.handover import Offer, records
from edgenode.sense.pipeline import Identity, Pipeline
from edgenode.sense.plan import chain
from edgenode.uplink import gate

STARTED_AT = 1_700_000_000.0
"""Capture time of the first fake sample, seconds since the epoch."""


class FakeSource(plugin.Source[plugin.Options]):
    """Yields the samples it is given each time it is opened, then raises *fault* if there is one.

    It yields the kind its first sample has.

    Attributes:
        opened, closed: how often.
    """

    lossless = True

    def __init__(
        self, samples: Sequence[plugin.Sample], fault: plugin.DeviceError | None = None
    ) -> None:
        super().__init__(plugin.Options())
        self.opened = 0
        self.closed = 0
        self.yields = type(samples[0]) if samples else plugin.Frame
        self._samples = samples
        self._fault = fault

    def open(self) -> None:
        """Count."""
        self.opened += 1

    def close(self) -> None:
        """Count."""
        self.closed += 1

    def samples(self) -> Iterator[plugin.Sample]:
        """Yield what was given."""
        yield from self._samples
        if self._fault is not None:
            raise self._fault


class FakeModel:
    """A model without weights: its tensors look as you say, its answers are the ones you give.

    Attributes:
        model: what the plugin is told of it.
        inputs: the tensors it was asked about.
    """

    def __init__(
        self,
        answers: Sequence[Sequence[plugin.Tensor]],
        input_spec: plugin.TensorSpec,
        labels: tuple[str, ...] = (),
        traits: Mapping[str, Any] | None = None,
    ) -> None:
        """Take the output tensors of each inference; the last answer is repeated for ever."""
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
        """Return the next answer; raise ``ValueError`` for a tensor a real model would refuse."""
        spec = self.model.input
        if (tensor.shape, tensor.dtype.name) != (spec.shape, spec.dtype):
            raise ValueError(
                f"prepare gave {tensor.dtype} {tensor.shape}, the model takes "
                f"{spec.dtype} {spec.shape}"
            )
        self.inputs.append(tensor)
        return list(self._answers[min(len(self.inputs), len(self._answers)) - 1])

    def reset(self) -> None:
        """Nothing is remembered."""


def frames(pictures: Iterable[plugin.Tensor], rate_hz: float = 10.0) -> list[plugin.Frame]:
    """Return *pictures*, uint8 [height, width, channels], as frames at that rate.

    They are read-only, as those of a real source.
    """
    return [
        plugin.Frame(pixels=pixels, captured_at=STARTED_AT + place / rate_hz, at_s=place / rate_hz)
        for place, pixels in enumerate(pictures)
    ]


def hops(samples: NDArray[np.int16], length: int = 320) -> list[plugin.Audio]:
    """Return *samples*, ``SAMPLE_RATE`` per second, as gap-free hops of *length* samples.

    They are read-only, as those of a real source.
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
    """Return what the plugin makes of *samples*, on the road the node takes.

    Audio is cut as ``cut`` says, and ``clean`` and the option ``report`` apply. Make the plugin
    itself with ``model.model``. Raise ``ContractError`` for a result that may not leave the node,
    as with a score above 1, and ``TypeError`` for one that cannot be encoded: a numpy score.
    """
    known = model.model if model else None
    pipeline = Pipeline(driven, model or Identity(), known, chain(driven))
    results = [result for sample in samples for result in pipeline.results(sample)]
    for result in results:
        for record in records("driven", result):
            gate.admit(msgspec.msgpack.encode(Offer(1, record)))
    return results
