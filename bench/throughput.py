"""Throughput of the node over a bare interpreter loop, on the same samples and the same model.

The bare side sets the input, invokes and reads the outputs, in one thread, from tensors that are
ready (for keywords, from windows, with the plugin's own front-end). The node's side is the whole
path: a lossless source, its thread, mailbox, plugin thread, pipeline, filters, records, sender,
and at the far end of the socket a real uplink that publishes every result to a real broker.
"""

import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from bed import DETECTOR, POSE, WORDS, Bed
from cases import PLUGINS, SMALL, AnyPlugin, samples
from figures import Figure

from edgenode import plugin
from edgenode.accelerator.interpreter import runtime
from edgenode.handover.backlog import Backlog
from edgenode.handover.sender import Sender
from edgenode.sense.junction import Junction
from edgenode.sense.plan import PluginPlan, SourcePlan
from edgenode.sense.threads import PluginThread, Shared, SourceThread, Timing
from edgenode.sense.windows import Windows
from edgenode.testing import FakeSource

TITLE = "node throughput / bare interpreter loop, same samples and model"
ROUNDS = 25


@dataclass(frozen=True)
class Case:
    """A model, and how many samples make a round."""

    model: str
    samples: int
    goal: float | None = 0.97


CASES = (
    Case(DETECTOR, 6),
    Case(POSE, 12),
    # On this CPU about as fast as larger models are on an Edge TPU.
    Case(SMALL, 60),
    # No goal: an inference this short shows what the path itself costs.
    Case(WORDS, 500, goal=None),
)


def measure(bed: Bed) -> Iterator[Figure]:
    """Yield the ratio for each model."""
    with bed.broker() as url, bed.uplink(url) as socket:
        backlog = Backlog()
        sender = Sender(socket, backlog)
        sender.start()
        try:
            for case in CASES:
                yield _Comparison(case, bed, backlog).figure()
        finally:
            sender.stop()


class _Comparison:
    """Both sides of one case, in turns."""

    def __init__(self, case: Case, bed: Bed, backlog: Backlog) -> None:
        self._case = case
        self._bed = bed
        self._backlog = backlog
        self._samples = samples(case.model, case.samples, bed)

    def figure(self) -> Figure:
        """Return the median of the rounds' ratios; the first round only warms up."""
        rounds = [self._round(number) for number in range(ROUNDS + 1)][1:]
        ratios = [bare / node for bare, node in rounds]
        bare, node = (statistics.median(side) for side in zip(*rounds, strict=True))
        return Figure(
            what=self._case.model,
            value=statistics.median(ratios),
            unit="of the bare loop",
            at_least=self._case.goal,
            beside={
                "bare loop, inferences/s": 1 / bare,
                "node, inferences/s": 1 / node,
                "the node's own work, us per inference": 1e6
                * statistics.median(n - b for b, n in rounds),
                "lower quartile": statistics.quantiles(ratios)[0],
                "upper quartile": statistics.quantiles(ratios)[2],
            },
        )

    def _round(self, number: int) -> tuple[float, float]:
        """Return seconds per inference of the bare loop and of the node; they start in turns."""
        # Alternating: a CPU that gets hot and slow must not always slow the same side.
        if number % 2:
            node, bare = self._node(), self._bare()
        else:
            bare, node = self._bare(), self._node()
        return bare, node

    def _bare(self) -> float:
        loaded = self._bed.load(self._case.model)
        made = PLUGINS[self._case.model](loaded.model)
        parts = list(_parts(made, self._samples))
        content = self._bed.model_file(self._case.model).read_bytes()
        engine = runtime()[0](model_content=content, num_threads=1)
        engine.allocate_tensors()
        into = engine.get_input_details()[0]["index"]
        out = [detail["index"] for detail in engine.get_output_details()]
        # Not measured: the first inference allocates and is much slower.
        engine.invoke()
        started = time.perf_counter()
        for part in parts:
            engine.set_tensor(into, made.prepare(part))
            engine.invoke()
            for index in out:
                engine.get_tensor(index)
        return (time.perf_counter() - started) / len(parts)

    def _node(self) -> float:
        loaded = self._bed.load(self._case.model)
        made = PLUGINS[self._case.model](loaded.model)
        # Not measured, as on the bare side.
        loaded.interpreter.infer(np.zeros(loaded.model.input.shape, loaded.model.input.dtype))
        changed = threading.Event()
        shared = Shared(
            publish=Junction(self._backlog.add).publish,
            changed=changed.set,
            timing=Timing(),
            load_model=lambda *_: loaded,
        )
        manifest = self._bed.manifest(self._case.model)
        thread = PluginThread(
            PluginPlan(
                name="bench",
                use="bench",
                cls=type(made),
                options=made.options,
                manifest=manifest,
            ),
            shared,
        )
        source: Any = lambda *_: FakeSource(self._samples)  # noqa: E731
        plan = SourcePlan(name="bench", use="bench", cls=source, yields=made.takes, ends=True)
        read = SourceThread(plan, shared)
        read.set_readers((thread,))
        thread.start()
        while thread.assembled is None:
            changed.wait(1.0)
        started = time.perf_counter()
        read.start()
        while not thread.progress.done:
            changed.wait(1.0)
            changed.clear()
        took = time.perf_counter() - started
        # A plugin that has failed early would look fast.
        if thread.standing.error:
            raise RuntimeError(thread.standing.error)
        # Outside the measured time, but before the next round: its sender must start idle.
        self._backlog.drain(10)
        return took / thread.assembled.pipeline.stats.inferences


def _parts(made: AnyPlugin, every: Sequence[plugin.Sample]) -> Iterator[Any]:
    """Yield the inputs of the inferences: frames as they are, audio cut into windows."""
    cut = made.cut()
    if cut is None:
        yield from every
        return
    windows = Windows(cut)
    for hop in every:
        yield from windows.push(hop)
