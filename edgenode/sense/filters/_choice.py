"""Filters that choose among the findings of one result: they remember nothing."""

from collections.abc import Callable
from typing import Annotated

from msgspec import Meta
from msgspec.structs import replace

from edgenode import plugin


class Labels(plugin.Options, frozen=True, kw_only=True):
    """Options of ``labels``."""

    labels: Annotated[tuple[str, ...], Meta(description="labels to keep", min_length=1)]


class Threshold(plugin.Options, frozen=True, kw_only=True):
    """Options of ``threshold``."""

    threshold: Annotated[
        plugin.Fraction | dict[str, plugin.Fraction],
        Meta(description='lowest score kept: one number, or {LABEL = number, "default" = number}'),
    ] = 0.5


def labels(options: Labels) -> plugin.Filter:
    """Keep the findings with a listed label."""
    kept = frozenset(options.labels)
    return _keep(lambda finding: plugin.label_of(finding) in kept)


def threshold(options: Threshold) -> plugin.Filter:
    """Keep the findings that reach the threshold of their label, and all that have no score.

    A label the table does not name takes its ``default``, without one 0.5.
    """
    limits, label_of, score_of = options.threshold, plugin.label_of, plugin.score_of
    if not isinstance(limits, dict):
        # The usual case, for every finding of every inference: no label is looked up.
        return _keep(lambda finding: (score := score_of(finding)) is None or score >= limits)
    default = limits.get("default", 0.5)

    def reaches(finding: plugin.Finding) -> bool:
        score = score_of(finding)
        return score is None or score >= limits.get(label_of(finding), default)

    return _keep(reaches)


def best(options: plugin.Options) -> plugin.Filter:  # noqa: ARG001 a factory has options, if none
    """Keep the finding with the highest score, the first of equals, and all that have no score."""

    def keep(result: plugin.Result) -> plugin.Result:
        scored = [f for f in result.findings if plugin.score_of(f) is not None]
        if len(scored) < 2:  # noqa: PLR2004 nothing to choose
            return result
        winner = max(scored, key=lambda finding: plugin.score_of(finding) or 0.0)
        kept = tuple(f for f in result.findings if f is winner or plugin.score_of(f) is None)
        return replace(result, findings=kept)

    return keep


def _keep(wanted: Callable[[plugin.Finding], bool]) -> plugin.Filter:
    def keep(result: plugin.Result) -> plugin.Result:
        kept = tuple(finding for finding in result.findings if wanted(finding))
        return result if len(kept) == len(result.findings) else replace(result, findings=kept)

    return keep
