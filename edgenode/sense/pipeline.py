"""The road of one plugin, in two halves around the inference. No thread, no input, no output."""

import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum, auto
from typing import Any, NamedTuple

from msgspec.structs import replace

from edgenode.messages import PluginHealth
from edgenode.plugin import (
    Audio,
    Cut,
    Filter,
    Finding,
    Happening,
    Keyword,
    Plugin,
    Result,
    Sample,
    Tensor,
    Trigger,
    happening_of,
)
from edgenode.sense.inference import Answer, Inference, Ticket
from edgenode.sense.progress import StageProgress
from edgenode.sense.windows import Windows

RATE_S = 5.0

HAPPENINGS = (Happening, Keyword)
"""Findings that cross as events. A tuple: a union in isinstance is made anew at each call."""


class Stages(NamedTuple):
    """What stands before and after a plugin.

    Attributes:
        triggers: all must agree before there is an inference.
        filters: the plugin's own, then the user's, which see every inference that those keep.
        report: which results cross to the uplink; what happens always does.
        cut: how audio is cut into windows, None for samples as they come.
        period_s: how long an answer is of use.
    """

    triggers: Sequence[Trigger]
    filters: Sequence[Filter]
    report: Filter
    cut: Cut | None
    period_s: float


class Outcome(NamedTuple):
    """What one inference has brought.

    Attributes:
        sample: what it was made of.
        result: as it left the filters: what plugins that read findings get.
        reported: what crosses of it as a result, None for nothing.
        happenings: what crosses of it as events.
    """

    sample: Sample
    result: Result
    reported: Result | None
    happenings: tuple[Happening, ...]

    @property
    def crosses(self) -> bool:
        """Whether anything of it leaves sense."""
        return self.reported is not None or bool(self.happenings)


class Stream(Enum):
    """What a plugin knows of the stream of audio it hears: nothing, a part, or one with a gap."""

    NEW = auto()
    HEARD = auto()
    BROKEN = auto()


class Pipeline:
    """Turns one source's samples into one plugin's outcomes. For one thread.

    Attributes:
        figures: how many inferences it made, and how long they took.
    """

    def __init__(
        self,
        plugin: Plugin[Any, Any],
        inference: Inference,
        stages: Stages,
        *,
        name: str = "",
        progress: StageProgress | None = None,
    ) -> None:
        """*name* is the plugin's in the configuration; *progress* is told what is being done."""
        self._plugin = plugin
        self._inference = inference
        self._stages = stages
        self._name = name
        self._model = plugin.model.id if plugin.model else ""
        self._windows = Windows(stages.cut) if stages.cut else None
        self._stream = Stream.NEW
        self._tickets: deque[tuple[Sample, Ticket]] = deque()
        self._progress = progress or StageProgress()
        self.figures = Figures()

    @property
    def waiting(self) -> bool:
        """Whether an answer is still to come: see ``drain``."""
        return bool(self._tickets)

    def outcomes(self, sample: Sample) -> Iterator[Outcome]:
        """Yield what *sample* and those before it have brought; with a depth, some come later."""
        if not self._follows(sample):
            yield from self.drain()
            self.reset()
        ask, depth = self._inference.ask, self._inference.depth
        for part, tensor in self.begin(sample):
            # Room first: never more than `depth` are under way.
            while depth and len(self._tickets) >= depth:
                yield from self._finish_oldest()
            self._progress.stage = "inference"
            self._tickets.append((part, ask(tensor, time.monotonic() + self._stages.period_s)))
            # Answered already: nothing else of this thread could go on meanwhile.
            if not depth:
                yield from self._finish_oldest()

    def drain(self) -> Iterator[Outcome]:
        """Yield what is still to come."""
        while self._tickets:
            yield from self._finish_oldest()

    def reset(self) -> None:
        """Begin a new stream: samples are missing, or the plugin has failed."""
        # Left only where the plugin has failed: they go with the samples it misses meanwhile.
        left, self._tickets = self._tickets, deque()
        for _, ticket in left:
            ticket.answer()
        self._stream = Stream.NEW
        if self._windows is not None:
            self._windows.clear()
        self._plugin.reset()
        self._inference.reset()

    def begin(self, sample: Sample) -> Iterator[tuple[Sample, Tensor]]:
        """Yield what *sample* brings to be inferred, each part with its tensor."""
        for part in self._parts(sample):
            if not self._is_wanted(part):
                if self._misses_what_it_must_hear():
                    # The rest of this hop would be heard without what came before it.
                    self._stream = Stream.BROKEN
                    return
                continue
            self._progress.stage = "prepare"
            tensor = self._plugin.prepare(part)
            self._stream = Stream.HEARD
            if tensor is not None:
                yield part, tensor

    def finish(self, sample: Sample, answer: Answer) -> Outcome | None:
        """Return what *answer* says about *sample*, None where a filter drops it."""
        self.figures.add(answer.ms)
        self._progress.stage = "decode"
        result = Result(
            captured_at=sample.captured_at,
            findings=self._plugin.decode(answer.outputs, sample),
            ms=answer.ms,
            model=self._model,
            degraded=answer.degraded,
            plugin=self._name,
        )
        self._progress.stage = "a filter"
        for keep in self._stages.filters:
            kept = keep(result)
            if kept is None:
                return None
            result = kept
        if result.plugin != self._name:
            # A filter that makes a result of its own need not know whose it is.
            result = replace(result, plugin=self._name)
        # What happens is left out of what is reported: a result with nothing else in it is empty,
        # and so may be the first without findings, which `presence` lets cross.
        happenings, seen = _apart(result.findings)
        rest = replace(result, findings=seen) if happenings else result
        return Outcome(sample, result, self._stages.report(rest), happenings)

    def _finish_oldest(self) -> Sequence[Outcome]:
        sample, ticket = self._tickets.popleft()
        self._progress.stage = "inference"
        outcome = self.finish(sample, ticket.answer())
        self._progress.stage = ""
        return () if outcome is None else (outcome,)

    def _parts(self, sample: Sample) -> Iterable[Sample]:
        if self._windows is None or not isinstance(sample, Audio):
            return (sample,)
        return self._windows.push(sample)

    def _follows(self, sample: Sample) -> bool:
        if self._windows is None or not isinstance(sample, Audio):
            return True
        return self._stream is not Stream.BROKEN and self._windows.follows(sample)

    def _is_wanted(self, sample: Sample) -> bool:
        """Return whether all triggers let *sample* pass; the first that does not is the last."""
        self._progress.stage = "a trigger"
        # A loop: `all` of a generator costs ten times as much where there are no triggers.
        for trigger in self._stages.triggers:  # noqa: SIM110
            if not trigger(sample):
                return False
        return True

    def _misses_what_it_must_hear(self) -> bool:
        streams = self._windows is not None and self._windows.streams
        return streams and self._stream is Stream.HEARD


class Figures:
    """Counts inferences. Written by the pipeline's thread, read by any.

    Attributes:
        inferences: how many were made.
        durations_ms: how long the last of them took.
    """

    def __init__(self) -> None:
        self.inferences = 0
        self.durations_ms: deque[float] = deque(maxlen=512)

    def add(self, ms: float) -> None:
        """Count an inference of *ms* milliseconds."""
        self.inferences += 1
        self.durations_ms.append(ms)


class Meter:
    """Turns a pipeline's counters into figures of the last while; asking often changes nothing."""

    def __init__(self, figures: Figures) -> None:
        self._figures = figures
        mark = (time.monotonic(), 0)
        self._marks = deque([mark, mark], maxlen=2)

    def read(self, lost: int) -> PluginHealth:
        """Return the rate since ``RATE_S`` to twice that ago, and the last inferences' times."""
        now, inferences = time.monotonic(), self._figures.inferences
        if now - self._marks[-1][0] > RATE_S:
            self._marks.append((now, inferences))
        at, before = self._marks[0]
        durations = sorted(self._figures.durations_ms)
        return PluginHealth(
            fps=round((inferences - before) / max(now - at, 1e-9), 2),
            p50_ms=round(_quantile(durations, 0.5), 2),
            p95_ms=round(_quantile(durations, 0.95), 2),
            lost=lost,
        )


def _apart(findings: tuple[Finding, ...]) -> tuple[tuple[Happening, ...], tuple[Finding, ...]]:
    """Return what happens and what is seen."""
    happenings = [each for each in findings if isinstance(each, HAPPENINGS)]
    if not happenings:
        return (), findings
    events = tuple([event for each in happenings if (event := happening_of(each))])
    return events, tuple([each for each in findings if not isinstance(each, HAPPENINGS)])


def _quantile(ordered: Sequence[float], share: float) -> float:
    if not ordered:
        return 0.0
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]
