"""The stages of one plugin before and after the inference. No thread, no input, no output."""

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

RATE_WINDOW_S = 5.0
"""Rates are over the last one to two of these."""

HAPPENINGS = (Happening, Keyword)
"""Findings that leave as events. A tuple: isinstance would build a union again at each call."""


class Stages(NamedTuple):
    """The stages before and after a plugin.

    Attributes:
        triggers: an inference runs only if all of them return True.
        filters: the plugin's own, then the user's. They receive the result of every inference.
        report: decides if a result is published. Happenings are always published.
        cut: how audio is cut into windows; None: every sample is used as it comes.
        period_s: for how many seconds an answer is useful.
    """

    triggers: Sequence[Trigger]
    filters: Sequence[Filter]
    report: Filter
    cut: Cut | None
    period_s: float


class Outcome(NamedTuple):
    """What one inference has found.

    Attributes:
        sample: the frame or window it was made from.
        result: as it left the filters. Plugins that read findings receive this.
        reported: the result to publish; None if it is not published.
        happenings: the events to publish.
    """

    sample: Sample
    result: Result
    reported: Result | None
    happenings: tuple[Happening, ...]

    @property
    def crosses(self) -> bool:
        """Whether anything of it is published."""
        return self.reported is not None or bool(self.happenings)


class StreamState(Enum):
    """State of the plugin's audio stream.

    NEW: the plugin has received nothing of it. HEARD: it has received audio. BROKEN: a trigger has
    stopped audio that a streaming model needs, so the stream must start again.
    """

    NEW = auto()
    HEARD = auto()
    BROKEN = auto()


class Pipeline:
    """Turns the samples of one source into the outcomes of one plugin. For one thread.

    Attributes:
        stats: number and durations of its inferences; other threads may read them.
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
        """*name*: the plugin's name in the configuration; *progress* is told the stage."""
        self._plugin = plugin
        self._inference = inference
        self._stages = stages
        self._name = name
        self._model = plugin.model.id if plugin.model else ""
        self._windows = Windows(stages.cut) if stages.cut else None
        self._stream = StreamState.NEW
        self._tickets: deque[tuple[Sample, Ticket]] = deque()
        self._progress = progress or StageProgress()
        self.stats = InferenceStats()

    @property
    def waiting(self) -> bool:
        """Whether requests wait for their answer; ``drain`` waits for them."""
        return bool(self._tickets)

    def outcomes(self, sample: Sample) -> Iterator[Outcome]:
        """Yield the outcomes of *sample*; with ``depth`` > 0 they may come with a later one."""
        if not self._follows(sample):
            yield from self.drain()
            self.reset()
        ask, depth = self._inference.ask, self._inference.depth
        for part, tensor in self.begin(sample):
            # Room first: never more than `depth` are under way.
            while depth and len(self._tickets) >= depth:
                yield from self._finish_oldest()
            self._progress.stage = "inference"
            ticket = ask(tensor, time.monotonic() + self._stages.period_s)
            if depth:
                self._tickets.append((part, ticket))
            # Answered already: nothing else of this thread could go on meanwhile.
            elif (outcome := self.finish(part, ticket.answer())) is not None:
                yield outcome
        self._progress.stage = ""

    def end(self) -> Iterator[Outcome]:
        """Yield the last outcomes of a source that has ended; audio is followed by silence."""
        silence = None if self._windows is None else self._windows.silence()
        if silence is not None:
            yield from self.outcomes(silence)
        yield from self.drain()

    def drain(self) -> Iterator[Outcome]:
        """Wait for all requests; yield their outcomes."""
        while self._tickets:
            yield from self._finish_oldest()

    def reset(self) -> None:
        """Start a new stream: samples are missing, or the plugin has failed."""
        # Only after a failure are there tickets. Their outcomes are dropped, as are the samples of
        # the pause that follows, but each must be answered before `inference.reset`.
        left, self._tickets = self._tickets, deque()
        for _, ticket in left:
            ticket.answer()
        self._stream = StreamState.NEW
        if self._windows is not None:
            self._windows.clear()
        self._plugin.reset()
        self._inference.reset()

    def begin(self, sample: Sample) -> Iterator[tuple[Sample, Tensor]]:
        """Yield the parts of *sample* that need an inference, each with its tensor."""
        for part in self._parts(sample):
            if not self._is_wanted(part):
                if self._has_missed_required_audio():
                    # A streaming model must not receive the rest of this hop after a gap.
                    self._stream = StreamState.BROKEN
                    return
                continue
            self._progress.stage = "prepare"
            tensor = self._plugin.prepare(part)
            self._stream = StreamState.HEARD
            if tensor is not None:
                yield part, tensor

    def finish(self, sample: Sample, answer: Answer) -> Outcome | None:
        """Return the outcome of *answer* for *sample*; None if a filter drops it."""
        self.stats.add(answer.ms)
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
            # A filter may return a new result without the plugin's name.
            result = replace(result, plugin=self._name)
        self._progress.stage = ""
        # Happenings are not part of the reported result. If there is nothing else in it, it is
        # empty, and `presence` may publish it as the first result without findings.
        happenings, seen = _split(result.findings)
        rest = replace(result, findings=seen) if happenings else result
        return Outcome(sample, result, self._stages.report(rest), happenings)

    def _finish_oldest(self) -> Sequence[Outcome]:
        sample, ticket = self._tickets.popleft()
        self._progress.stage = "inference"
        outcome = self.finish(sample, ticket.answer())
        return () if outcome is None else (outcome,)

    def _parts(self, sample: Sample) -> Iterable[Sample]:
        if self._windows is None or not isinstance(sample, Audio):
            return (sample,)
        return self._windows.push(sample)

    def _follows(self, sample: Sample) -> bool:
        if self._windows is None or not isinstance(sample, Audio):
            return True
        return self._stream is not StreamState.BROKEN and self._windows.follows(sample)

    def _is_wanted(self, sample: Sample) -> bool:
        """Return whether all triggers accept *sample*; after the first False no other is called."""
        self._progress.stage = "a trigger"
        # A loop: `all` of a generator costs ten times as much where there are no triggers.
        for trigger in self._stages.triggers:  # noqa: SIM110
            if not trigger(sample):
                return False
        return True

    def _has_missed_required_audio(self) -> bool:
        streams = self._windows is not None and self._windows.streams
        return streams and self._stream is StreamState.HEARD


class InferenceStats:
    """Counts inferences. Written by the pipeline's thread, read from any thread.

    Attributes:
        inferences: number of inferences so far.
        durations_ms: durations of the last inferences, in milliseconds.
    """

    def __init__(self) -> None:
        self.inferences = 0
        self.durations_ms: deque[float] = deque(maxlen=512)

    def add(self, ms: float) -> None:
        """Count an inference that took *ms* milliseconds."""
        self.inferences += 1
        self.durations_ms.append(ms)


class HealthMeter:
    """Computes the rate and the durations of the last seconds. It may be read at any interval."""

    def __init__(self, stats: InferenceStats) -> None:
        self._stats = stats
        # Two marks, (time, inferences): the older one is one to two windows ago.
        mark = (time.monotonic(), 0)
        self._marks = deque([mark, mark], maxlen=2)

    def read(self, lost: int) -> PluginHealth:
        """Return rate and durations, in milliseconds, of the last inferences; *lost* as it is."""
        now, inferences = time.monotonic(), self._stats.inferences
        if now - self._marks[-1][0] > RATE_WINDOW_S:
            self._marks.append((now, inferences))
        at, before = self._marks[0]
        durations = sorted(self._stats.durations_ms)
        return PluginHealth(
            fps=round((inferences - before) / max(now - at, 1e-9), 2),
            p50_ms=round(_quantile(durations, 0.5), 2),
            p95_ms=round(_quantile(durations, 0.95), 2),
            lost=lost,
        )


def _split(findings: tuple[Finding, ...]) -> tuple[tuple[Happening, ...], tuple[Finding, ...]]:
    """Return the happenings, keywords included, and the other findings."""
    happenings = [each for each in findings if isinstance(each, HAPPENINGS)]
    if not happenings:
        return (), findings
    events = tuple([event for each in happenings if (event := happening_of(each))])
    return events, tuple([each for each in findings if not isinstance(each, HAPPENINGS)])


def _quantile(ordered: Sequence[float], share: float) -> float:
    if not ordered:
        return 0.0
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]
