"""Filters that limit how often results are reported.

They use ``captured_at``, so a recording that is replayed fast gives the same result as live. A
time is compared with its absolute distance: if the clock was set back far, a filter starts again
and does not wait until the old time comes back.
"""

from collections import Counter
from typing import Annotated, Literal

from msgspec import Meta
from msgspec.structs import replace

from edgenode import plugin


class Throttle(plugin.Options, frozen=True, kw_only=True):
    """Options of ``throttle``."""

    seconds: Annotated[float, Meta(description="least time between two results", gt=0)] = 1.0


class ReportByException(plugin.Options, frozen=True, kw_only=True):
    """Options of ``report-by-exception``."""

    heartbeat_s: Annotated[
        Annotated[float, Meta(gt=0)] | None,
        Meta(description="report at least this often; none: only changes"),
    ] = None


class Refractory(plugin.Options, frozen=True, kw_only=True):
    """Options of ``refractory``."""

    seconds: Annotated[float, Meta(description="time in which no keyword is reported", ge=0)] = 1.0
    per: Annotated[
        Literal["all", "label"], Meta(description="whether a keyword silences all or only itself")
    ] = "all"
    ceases: Annotated[
        bool, Meta(description="a keyword that goes on after that is still the same one")
    ] = False


class Presence(plugin.Options, frozen=True, kw_only=True):
    """Options of ``presence``."""

    endings: Annotated[
        bool, Meta(description="keep the first empty result after one with findings")
    ] = True


TOLERANCE_S = 0.001
"""Added to intervals: capture times are rounded."""


class _Timer:
    """Tells if a time is less than *seconds* away from the start time."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds - TOLERANCE_S
        self._started_at: float | None = None

    def start(self, at: float) -> None:
        self._started_at = at

    def runs(self, at: float) -> bool:
        return self._started_at is not None and abs(at - self._started_at) < self._seconds


def throttle(options: Throttle) -> plugin.Filter:
    """Keep at most one result per ``seconds``: the first one after the interval."""
    timer = _Timer(options.seconds)

    def keep(result: plugin.Result) -> plugin.Result | None:
        if timer.runs(result.captured_at):
            return None
        timer.start(result.captured_at)
        return result

    return keep


def report_by_exception(options: ReportByException) -> plugin.Filter:
    """Keep a result only if its labels, or the number of findings of a label, have changed.

    The first result is kept, and one per ``heartbeat_s`` if that is set. Scores, boxes, shares and
    values do not count as a change.
    """
    timer = _Timer(options.heartbeat_s or float("inf"))
    reported: Counter[str] | None = None

    def keep(result: plugin.Result) -> plugin.Result | None:
        nonlocal reported
        counts = Counter(plugin.label_of(finding) for finding in result.findings)
        if counts == reported and timer.runs(result.captured_at):
            return None
        reported = counts
        timer.start(result.captured_at)
        return result

    return keep


def refractory(options: Refractory) -> plugin.Filter:
    """Remove keywords that follow a reported one too soon; other findings are kept.

    With ``ceases``, a keyword is reported again only after a result without it: one word may be in
    several windows, or keep the score of a streaming model high. The state is at most a time and a
    label for each label of the model.
    """
    timers: dict[str, _Timer] = {}
    going_on: set[str] = set()

    def reported(finding: plugin.Finding, at: float) -> bool:
        if not isinstance(finding, plugin.Keyword):
            return True
        name = finding.label if options.per == "label" else ""
        timer = timers.setdefault(name, _Timer(options.seconds))
        if timer.runs(at) or finding.label in going_on:
            return False
        timer.start(at)
        if options.ceases:
            going_on.add(finding.label)
        return True

    def keep(result: plugin.Result) -> plugin.Result:
        going_on.intersection_update(plugin.label_of(finding) for finding in result.findings)
        kept = tuple(f for f in result.findings if reported(f, result.captured_at))
        return result if len(kept) == len(result.findings) else replace(result, findings=kept)

    return keep


def presence(options: Presence) -> plugin.Filter:
    """Drop empty results; with ``endings`` the first one after findings is kept."""
    present = False

    def keep(result: plugin.Result) -> plugin.Result | None:
        nonlocal present
        ended = present and not result.findings
        present = bool(result.findings)
        return result if present or (ended and options.endings) else None

    return keep
