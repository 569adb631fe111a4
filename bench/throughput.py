"""Throughput of the node over a bare interpreter loop, on the same samples and the same model.

The bare side sets the input, invokes and reads the outputs, in one thread, from tensors that are
ready (for keywords, from windows, with the plugin's own front-end). The node's side is the whole
road: a lossless source, its thread, mailbox, plugin thread, pipeline, filters, records, courier,
and at the far end of the socket a real uplink that publishes every result to a real broker.
"""

import itertools
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from bed import DETECTOR, POSE, SPEECH, VIDEO, WORDS, Bed
from figures import Figure

from edgenode import plugin
from edgenode.accelerator.interpreter import runtime
from edgenode.sense.courier import Courier
from edgenode.sense.lanes import Lane, Pump
from edgenode.sense.pipeline import Pipeline
from edgenode.sense.plan import typed
from edgenode.sense.plugins.keyword_spotting import KeywordOptions, KeywordSpotting
from edgenode.sense.plugins.object_detection import DetectionOptions, ObjectDetection
from edgenode.sense.plugins.pose_estimation import PoseEstimation, PoseOptions
from edgenode.sense.sources.replay import Replay, ReplayOptions
from edgenode.sense.windows import Windows
from edgenode.testing import FakeSource, frames, hops

TITLE = "node throughput / bare interpreter loop, same samples and model"
ROUNDS = 15
PICTURES = 20

AnyPlugin = ObjectDetection | PoseEstimation | KeywordSpotting


@dataclass(frozen=True)
class Case:
    """A model, the plugin it is for, and how many samples make a round."""

    model: str
    make: Callable[[plugin.Model], AnyPlugin]
    samples: int
    goal: float | None = 0.97


CASES = (
    Case(DETECTOR, lambda m: ObjectDetection(DetectionOptions(source="", report="all"), m), 12),
    Case(POSE, lambda m: PoseEstimation(PoseOptions(source="", report="all"), m), 24),
    # No goal: an inference this short shows what the road itself costs.
    Case(WORDS, lambda m: KeywordSpotting(KeywordOptions(source=""), m), 2500, goal=None),
)


def measure(bed: Bed) -> Iterator[Figure]:
    """Yield the ratio for each model."""
    with bed.broker() as url, bed.uplink(url) as socket:
        courier = Courier(socket)
        courier.start()
        try:
            for case in CASES:
                yield _Comparison(case, bed, courier).figure()
        finally:
            courier.stop()


class _Comparison:
    """Both sides of one case, in turns."""

    def __init__(self, case: Case, bed: Bed, courier: Courier) -> None:
        self._case = case
        self._bed = bed
        self._courier = courier
        self._samples = _samples(case, bed)

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
                "lowest round": min(ratios),
                "highest round": max(ratios),
            },
        )

    def _round(self, number: int) -> tuple[float, float]:
        """Return seconds per inference of the bare loop and of the node, who begin in turns."""
        if number % 2:
            node, bare = self._node(), self._bare()
        else:
            bare, node = self._bare(), self._node()
        return bare, node

    def _bare(self) -> float:
        loaded = self._bed.load(self._case.model)
        made = self._case.make(loaded.model)
        parts = list(_parts(made, self._samples))
        content = self._bed.model_file(self._case.model).read_bytes()
        engine = runtime()[0](model_content=content, num_threads=1)
        engine.allocate_tensors()
        into = engine.get_input_details()[0]["index"]
        out = [detail["index"] for detail in engine.get_output_details()]
        started = time.perf_counter()
        for part in parts:
            engine.set_tensor(into, made.prepare(part, loaded.model.input))
            engine.invoke()
            for index in out:
                engine.get_tensor(index)
        return (time.perf_counter() - started) / len(parts)

    def _node(self) -> float:
        loaded = self._bed.load(self._case.model)
        made = self._case.make(loaded.model)
        chain = [use.make() for use in typed(made.filters())]
        pipeline = Pipeline(made, loaded.interpreter, loaded.model, chain)
        done = threading.Event()
        lane = Lane("bench", made.takes, pipeline, self._courier.offer, done.set)
        pump = Pump("bench", lambda: FakeSource(self._samples), [lane], lambda: None)
        started = time.perf_counter()
        lane.start()
        pump.start()
        done.wait()
        took = time.perf_counter() - started
        if lane.error:
            raise RuntimeError(lane.error)
        self._courier.drain(10)
        return took / pipeline.inferences


def _samples(case: Case, bed: Bed) -> Sequence[plugin.Sample]:
    """Return frames of the size the model takes, or hops as a microphone yields them."""
    model = bed.load(case.model).model
    if case.make(model).takes is plugin.Audio:
        heard = itertools.cycle(_read(bed.media(SPEECH), plugin.Demand()))
        sound = [hop.samples for hop in itertools.islice(heard, case.samples)]
        return hops(np.concatenate(sound), len(sound[0]))
    height, width = model.input.shape[1:3]
    demand = plugin.Demand(size=(width, height), rate_hz=1.0)
    seen = itertools.cycle(list(itertools.islice(_read(bed.media(VIDEO), demand), PICTURES)))
    return frames([frame.pixels for frame in itertools.islice(seen, case.samples)])


def _read(path: Path, demand: plugin.Demand) -> Iterator[Any]:
    with Replay(ReplayOptions(path=str(path), pace="fast"), demand) as replay:
        yield from replay.samples()


def _parts(made: AnyPlugin, samples: Sequence[plugin.Sample]) -> Iterator[Any]:
    """Yield what the pipeline infers from: frames as they are, audio cut into windows."""
    cut = made.cut()
    if cut is None:
        yield from samples
        return
    windows = Windows(cut)
    for hop in samples:
        yield from windows.push(hop)
