"""The time of the node's own Python per inference: all stages except ``invoke``.

In the place of the interpreter stands one that copies its tensors as the real one does, and in
between computes a little without the GIL, as ``invoke`` does, which does not count. Each figure is
the median over single inferences, with a real uplink reading at the other end of the socket.
"""

import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import ParamSpec, TypeVar

import numpy as np
from bed import DETECTOR, POSE, WORDS, Bed
from cases import PLUGINS, samples
from figures import Figure

from edgenode import plugin
from edgenode.clock import offset
from edgenode.handover.backlog import Backlog
from edgenode.handover.sender import Sender
from edgenode.sense.assembly import stages
from edgenode.sense.inference import InThread
from edgenode.sense.junction import records
from edgenode.sense.pipeline import Pipeline

TITLE = "the node's own Python per inference, invoke aside"
SAMPLES = {DETECTOR: 2000, POSE: 2000, WORDS: 5000}
BOXES = 10
INVOKE = 1 << 20
"""Bytes that the replacement of ``invoke`` reads: enough to replace the CPU's caches."""

P = ParamSpec("P")
T = TypeVar("T")


def measure(bed: Bed) -> Iterator[Figure]:
    """Yield the time per inference of each plugin; detection has ten boxes, all above threshold."""
    with bed.broker() as url, bed.uplink(url) as socket:
        backlog = Backlog()
        sender = Sender(socket, backlog)
        sender.start()
        try:
            for model in SAMPLES:
                yield _figure(model, bed, backlog)
        finally:
            sender.stop()


def _figure(model: str, bed: Bed, backlog: Backlog) -> Figure:
    watch = Stopwatch()
    known = bed.load(model).model
    made = PLUGINS[model](known)
    made.prepare = watch.on("prepare", made.prepare)  # type: ignore[method-assign]
    made.decode = watch.on("decode", made.decode)  # type: ignore[method-assign]
    stand_in = StandIn(known, _answer(model, known))
    stand_in.copy = watch.on("copies of the tensors", stand_in.copy)  # type: ignore[method-assign]
    around = stages(made, report=made.options.report)
    around = around._replace(
        filters=[watch.on("filters", keep) for keep in around.filters],
        report=watch.on("filters", around.report),
    )
    pipeline = Pipeline(made, InThread(stand_in), around, name="bench")
    make, offer = watch.on("records", records), watch.on("offer", backlog.add)
    spent: list[float] = []
    for sample in samples(model, SAMPLES[model], bed):
        started = time.perf_counter()
        for outcome in pipeline.outcomes(sample):
            for record in make("bench", outcome):
                offer(record, offset())
        watch.add("whole", time.perf_counter() - started)
        # Several hops of audio make one inference: their times belong together.
        if stand_in.busy_s:
            spent.append(watch.times["whole"] - stand_in.busy_s)
            watch.next()
            stand_in.busy_s = 0.0
    backlog.drain(10)
    return Figure(
        what=f"{made.task}{', ten boxes' if model == DETECTOR else ''}",
        value=1e6 * statistics.median(spent),
        unit="us",
        at_most=80 if model == DETECTOR else None,
        beside=watch.medians_us(),
    )


class Stopwatch:
    """Adds up the time of each stage of an inference; keeps the sums of all inferences."""

    def __init__(self) -> None:
        self.times: dict[str, float] = defaultdict(float)
        self._laps: list[dict[str, float]] = []

    def on(self, stage: str, function: Callable[P, T]) -> Callable[P, T]:
        """Return *function* with its time added to *stage*."""

        def timed(*args: P.args, **kwargs: P.kwargs) -> T:
            started = time.perf_counter()
            returned = function(*args, **kwargs)
            self.times[stage] += time.perf_counter() - started
            return returned

        return timed

    def add(self, stage: str, seconds: float) -> None:
        """Add *seconds* to *stage*."""
        self.times[stage] += seconds

    def next(self) -> None:
        """Start the next inference."""
        self._laps.append(dict(self.times))
        self.times.clear()

    def medians_us(self) -> dict[str, float]:
        """Return the median of each stage in microseconds."""
        stages = {stage: None for lap in self._laps for stage in lap if stage != "whole"}
        return {
            f"{stage}, us": 1e6 * statistics.median(lap.get(stage, 0.0) for lap in self._laps)
            for stage in stages
        }


class StandIn:
    """An interpreter without a model.

    Attributes:
        busy_s: seconds in the place of ``invoke`` since this was last set to 0.
    """

    def __init__(self, model: plugin.Model, answer: Sequence[plugin.Tensor]) -> None:
        self._input = np.zeros(model.input.shape, model.input.dtype)
        self._answer = answer
        self._work = np.ones(INVOKE // 4, np.float32)
        self.busy_s = 0.0

    def infer(self, tensor: plugin.Tensor) -> list[plugin.Tensor]:
        """Return copies of the answer."""
        self.copy([self._input], [tensor])
        started = time.perf_counter()
        # As `invoke` does, it leaves the caches without the node's data.
        np.tanh(self._work, out=self._work)
        self.busy_s += time.perf_counter() - started
        outputs = [np.empty_like(tensor) for tensor in self._answer]
        self.copy(outputs, self._answer)
        return outputs

    def copy(self, to: Sequence[plugin.Tensor], tensors: Sequence[plugin.Tensor]) -> None:
        """Copy each of *tensors*."""
        for target, tensor in zip(to, tensors, strict=True):
            np.copyto(target, tensor)

    def reset(self) -> None:
        """Do nothing: there is no state."""


def _answer(model: str, known: plugin.Model) -> list[plugin.Tensor]:
    """Return output tensors with as many findings as possible."""
    random = np.random.default_rng(7)
    if model != DETECTOR:
        shape = known.outputs[0].shape
        return [known.outputs[0].quantise(random.uniform(0.5, 1.0, shape).astype(np.float32))]
    corners = random.uniform(0.0, 0.5, (1, BOXES, 2))
    boxes = np.concatenate((corners, corners + 0.4), axis=-1)
    scores = np.linspace(0.95, 0.55, BOXES)[np.newaxis]
    classes = np.arange(BOXES)[np.newaxis]
    return [tensor.astype(np.float32) for tensor in (boxes, classes, scores, np.array([BOXES]))]
