"""The filter that replaces scores by posteriors: means over the last results."""

from collections import deque
from typing import Annotated, TypeAlias, TypeGuard

from msgspec import Meta
from msgspec.structs import replace

from edgenode import plugin

# A tuple: isinstance would build a union again at each call.
SMOOTHED = (plugin.Keyword, plugin.Category)

Heard: TypeAlias = dict[str, plugin.Keyword | plugin.Category]


class Smoothing(plugin.Options, frozen=True, kw_only=True):
    """Options of ``smoothing``."""

    windows: Annotated[int, Meta(description="results in the mean", ge=1, le=1000)] = 5
    within_s: Annotated[
        float, Meta(description="results captured longer ago are forgotten", gt=0)
    ] = 2.0


def smoothing(options: Smoothing) -> plugin.Filter:
    """Replace the score of each keyword and category by its mean over the last results.

    A result without the label counts as 0. After the start, or a gap of more than ``within_s``, the
    results that are missing also count as 0: one window alone is never certain. Other findings are
    not changed.
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
    # The absolute distance: a clock that was set back ends the stream, as a gap does.
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
