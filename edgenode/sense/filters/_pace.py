"""Filters that decide when a result is worth reporting.

Time is ``captured_at``, so that a recording replayed fast behaves as it did live. Near means near
on either side: capture times may waver, and a clock that was set back far starts a filter anew
rather than making it wait for that time to come again.
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
"""Capture times that are *seconds* apart may differ from it by their rounding."""


class _Timer:
    """Tells whether a time is less than *seconds* from the one it was started at."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds - TOLERANCE_S
        self._started_at: float | None = None

    def start(self, at: float) -> None:
        self._started_at = at

    def runs(self, at: float) -> bool:
        return self._started_at is not None and abs(at - self._started_at) < self._seconds


def throttle(options: Throttle) -> plugin.Filter:
    """Keep at most one result per ``seconds``: the first that comes after they have passed."""
    timer = _Timer(options.seconds)

    def keep(result: plugin.Result) -> plugin.Result | None:
        if timer.runs(result.captured_at):
            return None
        timer.start(result.captured_at)
        return result

    return keep


def report_by_exception(options: ReportByException) -> plugin.Filter:
    """Keep a result only when the labels or how many there are of each have changed.

    The first result passes, and one per ``heartbeat_s`` where that is set. Scores, boxes, shares
    and values may change without being a change.
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
    """Take out keywords that follow a reported one too soon; other findings pass.

    With ``ceases`` a reported keyword must also have been absent from a result since, as a word
    that stays in the window, or keeps a streaming model excited, is still the word reported.
    It remembers a time and a label per label of the model at most.
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
    """Drop empty results, except (``endings``) the first after one with findings."""
    present = False

    def keep(result: plugin.Result) -> plugin.Result | None:
        nonlocal present
        ended = present and not result.findings
        present = bool(result.findings)
        return result if present or (ended and options.endings) else None

    return keep
