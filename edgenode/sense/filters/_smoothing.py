"""The filter that turns a model's scores into posteriors: means over the last results."""

from collections import deque
from typing import Annotated, TypeAlias, TypeGuard

from msgspec import Meta
from msgspec.structs import replace

from edgenode import plugin

# A tuple: a union in isinstance is made anew at each call.
SMOOTHED = (plugin.Keyword, plugin.Category)

Heard: TypeAlias = dict[str, plugin.Keyword | plugin.Category]


class Smoothing(plugin.Options, frozen=True, kw_only=True):
    """Options of ``smoothing``."""

    windows: Annotated[int, Meta(description="results in the mean", ge=1, le=1000)] = 5
    within_s: Annotated[
        float, Meta(description="results captured longer ago are forgotten", gt=0)
    ] = 2.0


def smoothing(options: Smoothing) -> plugin.Filter:
    """Give each keyword and category the mean of its label's score over the last results.

    A result that does not name the label counts as 0; so do, after the start or a gap of more than
    ``within_s``, those still to come, so that one window alone never looks certain. Other findings
    pass as they are.
    """
    recent: deque[tuple[float, Heard]] = deque(maxlen=options.windows)

    def smooth(result: plugin.Result) -> plugin.Result:
        _forget(recent, result.captured_at, options.within_s)
        heard = {f.label: f for f in result.findings if _smoothed(f)}
        recent.append((result.captured_at, heard))
        others = tuple(finding for finding in result.findings if not _smoothed(finding))
        return replace(result, findings=(*_means(recent, options.windows), *others))

    return smooth if options.windows > 1 else lambda result: result


def _smoothed(finding: plugin.Finding) -> TypeGuard[plugin.Keyword | plugin.Category]:
    return isinstance(finding, SMOOTHED)


def _forget(recent: deque[tuple[float, Heard]], now: float, within_s: float) -> None:
    # On either side: a clock that was set back ends a stream as a gap does.
    while recent and abs(now - recent[0][0]) > within_s:
        recent.popleft()


def _means(
    recent: deque[tuple[float, Heard]], windows: int
) -> list[plugin.Keyword | plugin.Category]:
    sums: dict[str, float] = {}
    latest: Heard = {}
    for _, heard in recent:
        latest |= heard
        for label, finding in heard.items():
            sums[label] = sums.get(label, 0.0) + finding.score
    return [replace(latest[label], score=total / windows) for label, total in sums.items()]
