"""The road of one plugin: prepare, infer, decode, filters. No thread, no input, no output."""

import time
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from edgenode.messages import PluginHealth
from edgenode.plugin import (
    Audio,
    Filter,
    Model,
    Plugin,
    Result,
    Sample,
    Tensor,
)
from edgenode.sense.windows import Windows

RATE_S = 5.0

TOLERANCE_S = 0.001
"""Capture times that are a period apart may differ from it by their rounding."""


class Inference(Protocol):
    """What a pipeline asks of an interpreter, wherever it runs."""

    def infer(self, tensor: Tensor) -> list[Tensor]:
        """Return the output tensors for *tensor*."""

    def reset(self) -> None:
        """Forget what a streaming model remembers."""


class Identity:
    """Stands where a plugin has no model: what is prepared is decoded."""

    def infer(self, tensor: Tensor) -> list[Tensor]:
        """Return *tensor* as the only output."""
        return [tensor]

    def reset(self) -> None:
        """Nothing is remembered."""


class Pipeline:
    """Turns one source's samples into one plugin's results. For one thread.

    Attributes:
        inferences: how many were made.
    """

    def __init__(
        self,
        plugin: Plugin[Any, Any],
        interpreter: Inference,
        model: Model | None,
        filters: Sequence[Filter],
    ) -> None:
        self._plugin = plugin
        self._interpreter = interpreter
        self._model_id = model.id if model else ""
        self._filters = tuple(filters)
        cut = plugin.cut()
        self._windows = Windows(cut) if cut else None
        self._pace = Pace(plugin.options.rate_hz)
        self.inferences = 0
        self.durations_ms: deque[float] = deque(maxlen=512)

    def results(self, sample: Sample) -> Iterator[Result]:
        """Yield what the filters keep of each inference that *sample* brings about."""
        for part in self._parts(sample):
            result = self._infer(part)
            for keep in self._filters:
                if result is None:
                    break
                result = keep(result)
            if result is not None:
                yield result

    def reset(self) -> None:
        """Begin a new stream: the source was opened anew."""
        self._plugin.reset()
        self._interpreter.reset()

    def _parts(self, sample: Sample) -> Iterator[Sample]:
        if self._windows is None or not isinstance(sample, Audio):
            if self._pace.due(sample.captured_at):
                yield sample
            return
        if self._windows.interrupted(sample):
            self.reset()
        yield from self._windows.push(sample)

    def _infer(self, sample: Sample) -> Result | None:
        tensor = self._plugin.prepare(sample)
        if tensor is None:
            return None
        started = time.perf_counter()
        outputs = self._interpreter.infer(tensor)
        took_ms = (time.perf_counter() - started) * 1000.0
        self.inferences += 1
        self.durations_ms.append(took_ms)
        return Result(
            captured_at=sample.captured_at,
            findings=self._plugin.decode(outputs, sample),
            ms=took_ms,
            model=self._model_id,
        )


class Pace:
    """Lets through at most so many samples per second of capture time."""

    def __init__(self, rate_hz: float | None) -> None:
        self._period = 1.0 / rate_hz if rate_hz else 0.0
        self._due_at = float("-inf")

    def due(self, captured_at: float) -> bool:
        """Return whether a sample captured then should be inferred."""
        late = captured_at - self._due_at
        if -self._period <= late < -TOLERANCE_S:
            return False
        # A little late: keep the rhythm. Much too late, or a clock that was set back: begin anew.
        rhythm = self._due_at if -TOLERANCE_S <= late < self._period else captured_at
        self._due_at = rhythm + self._period
        return True


class Meter:
    """Turns a pipeline's counters into figures of the last while; asking often changes nothing."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        mark = (time.monotonic(), 0)
        self._marks = deque([mark, mark], maxlen=2)

    def read(self, lost: int) -> PluginHealth:
        """Return the rate since ``RATE_S`` to twice that ago, and the last inferences' times."""
        now, inferences = time.monotonic(), self._pipeline.inferences
        if now - self._marks[-1][0] > RATE_S:
            self._marks.append((now, inferences))
        at, before = self._marks[0]
        durations = sorted(self._pipeline.durations_ms)
        return PluginHealth(
            fps=round((inferences - before) / max(now - at, 1e-9), 2),
            p50_ms=round(_quantile(durations, 0.5), 2),
            p95_ms=round(_quantile(durations, 0.95), 2),
            lost=lost,
        )


def _quantile(ordered: Sequence[float], share: float) -> float:
    if not ordered:
        return 0.0
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]
