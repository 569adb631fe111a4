"""The threshold of a picture plugin: the option's, else the manifest's, else the usual one."""

from typing import Any, TypeAlias

import msgspec

from edgenode import plugin

Thresholds: TypeAlias = plugin.Fraction | dict[str, plugin.Fraction]
"""One for all labels, or one per label with ``default``."""


def threshold(chosen: float | None, model: plugin.Model, usual: float) -> float:
    """Return the lowest score kept; raise ``ModelError`` if the manifest's is none."""
    if chosen is not None:
        return chosen
    found: float = _trait(model, plugin.Fraction, usual)
    return found


def thresholds(
    chosen: float | dict[str, float] | None, model: plugin.Model, usual: float
) -> float | dict[str, float]:
    """Return the lowest score kept, as ``threshold`` does, where each label may have its own."""
    if chosen is not None:
        return chosen
    found: float | dict[str, float] = _trait(model, Thresholds, usual)
    return found


def _trait(model: plugin.Model, kind: object, usual: float) -> Any:  # noqa: ANN401 of that kind
    try:
        return msgspec.convert(model.traits.get("threshold", usual), kind)
    except msgspec.ValidationError as error:
        raise plugin.ModelError(f"model {model.id!r}: [traits]: threshold: {error}") from error
