"""Settings of keyword spotting: from the options, else from the model's manifest."""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta

from edgenode import plugin

Ms: TypeAlias = Annotated[float, Meta(ge=0.0, le=60_000.0)]
HopMs: TypeAlias = Annotated[float, Meta(ge=10.0, le=10_000.0)]


class KeywordOptions(plugin.PluginOptions, frozen=True, kw_only=True):
    """A table under ``[plugins]`` with ``use = "keyword-spotting"``."""

    labels: Annotated[tuple[str, ...], Meta(description="words to report; none: all")] = ()
    threshold: Annotated[
        plugin.Fraction | dict[str, plugin.Fraction] | None,
        Meta(description="lowest score: a number, or one per word with `default`; none: model's"),
    ] = None
    smoothing_ms: Annotated[
        Ms | None, Meta(description="time over which scores are averaged; none: model's")
    ] = None
    refractory_ms: Annotated[
        Ms | None, Meta(description="time after a keyword in which none is reported; none: model's")
    ] = None
    hop_ms: Annotated[
        HopMs | None, Meta(description="new audio per inference; none: model's; not if it streams")
    ] = None


class KeywordTraits(plugin.Options, frozen=True, kw_only=True):
    """What ``[traits]`` of a manifest with ``task = "keyword-spotting"`` may say.

    Attributes:
        front_end: the features that the model needs, a name in ``front_ends.FRONT_ENDS``.
        background: labels that are not keywords, such as silence; never reported.
        threshold: lowest score that is a keyword, a number or a table as in the options.
        smoothing_ms: time over which scores are averaged.
        refractory_ms: time after a keyword in which none is reported.
        hop_ms: new audio per inference, if the front-end's default does not fit.
        warm_up_ms: audio that a streaming model needs before its scores are valid.
    """

    front_end: Literal["log-mel", "mfcc", "micro-frontend"]
    background: tuple[str, ...] = ()
    threshold: plugin.Fraction | dict[str, plugin.Fraction] = 0.5
    smoothing_ms: Ms = 0.0
    refractory_ms: Ms = 1000.0
    hop_ms: HopMs | None = None
    warm_up_ms: Ms = 0.0


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings in force.

    Attributes:
        keywords: labels that are reported.
        thresholds: lowest score by label, and ``default``.
        smoothing_s: time over which scores are averaged.
        refractory_s: time after a keyword in which none is reported.
        hop: samples between windows; None: the front-end's default.
        warm_up: samples that a streaming model needs before its scores are valid.
    """

    keywords: tuple[str, ...]
    thresholds: dict[str, float]
    smoothing_s: float
    refractory_s: float
    hop: int | None
    warm_up: int


def decide(options: KeywordOptions, traits: KeywordTraits, model: plugin.Model) -> Settings:
    """Return the options; what they leave out is taken from the manifest.

    Raise ``PluginError`` if an option names a label that the model lacks or that is background.
    """
    for fault in _faults(options, traits, model):
        raise plugin.PluginError(fault)
    wanted = options.labels or model.labels
    hop_ms = options.hop_ms or traits.hop_ms
    return Settings(
        keywords=tuple(label for label in wanted if label not in traits.background),
        thresholds=_table(traits.threshold) | _table(options.threshold),
        smoothing_s=_first(options.smoothing_ms, traits.smoothing_ms) / 1000.0,
        refractory_s=_first(options.refractory_ms, traits.refractory_ms) / 1000.0,
        hop=_samples(hop_ms) if hop_ms else None,
        warm_up=_samples(traits.warm_up_ms),
    )


def _faults(options: KeywordOptions, traits: KeywordTraits, model: plugin.Model) -> Iterator[str]:
    named = set(_table(options.threshold)) - {"default"}
    for label in (*options.labels, *sorted(named)):
        if label in traits.background:
            yield f"label {label!r} is background to model {model.id!r}, never reported; remove it"
        elif label not in model.labels:
            near = get_close_matches(label, model.labels, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"it has {', '.join(model.labels)}"
            yield f"model {model.id!r} has no label {label!r}; {hint}"


def _table(threshold: float | dict[str, float] | None) -> dict[str, float]:
    if threshold is None:
        return {}
    return threshold if isinstance(threshold, dict) else {"default": threshold}


def _first(option: float | None, trait: float) -> float:
    return trait if option is None else option


def _samples(ms: float) -> int:
    return round(ms * plugin.SAMPLE_RATE / 1000)
