"""What the card says of the figures: its tables."""

from collections.abc import Mapping
from typing import Any

from recipes.shipping import table


def blocks(figures: Mapping[str, Any]) -> dict[str, str]:
    """Return the card's blocks by name."""
    return {"file": _file(figures), "held-out": _held_out(figures)}


def summary(figures: Mapping[str, Any]) -> str:
    """Return the figures that matter most in one line."""
    whole, eight = (figures[kind]["pck"] for kind in ("float", "int8"))
    front = eight["whole, from the front"]
    return f"PCK@0.1 {eight['all']} in int8, {whole['all']} in float, from the front {front}"


def real(figures: Mapping[str, Any]) -> str:
    """Return the card's block about the people on each photograph or film."""
    rows = [
        (name, one["people"], one["witnessed"], f"{100 * one['near']:.0f} %", f"{one['score']:.2f}")
        for name, one in figures.items()
    ]
    return table(("", "people", "joints the witness sees", "near", "mean score"), rows)


def _file(figures: Mapping[str, Any]) -> str:
    rows = [
        ("parameters", figures["parameters"]),
        ("int8 file", f"{figures['bytes'] / 1000:.0f} kB"),
        ("inference, one x86 core", f"{figures['latency_ms']} ms"),
    ]
    return table(("", "int8"), rows)


def _held_out(figures: Mapping[str, Any]) -> str:
    whole, eight, threshold = figures["float"], figures["int8"], figures["threshold"]
    rows = [
        (name, whole[group][name], share)
        for group in ("pck", "by_part")
        for name, share in eight[group].items()
    ]
    scores = eight["scores"]
    return (
        f"{table(('PCK@0.1', 'float', 'int8'), rows)}\n\n"
        f"Mean score of a pose {scores['somebody']} where somebody is, {scores['nobody']} where"
        f" nobody is. At {threshold} {100 * scores['somebody_reported']:.0f} % of the people are"
        f" reported, and {100 * scores['nobody_reported']:.0f} % of the empty scenes."
    )
