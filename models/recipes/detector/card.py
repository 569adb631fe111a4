"""What the card says of the figures: its tables."""

from collections.abc import Mapping
from typing import Any

from recipes.shipping import table


def blocks(figures: Mapping[str, Any]) -> dict[str, str]:
    """Return the card's blocks by name."""
    return {"file": _file(figures), "held-out": _held_out(figures)}


def summary(figures: Mapping[str, Any]) -> str:
    """Return the figures that matter most in one line."""
    whole, eight = (figures[kind]["mean_average_precision"] for kind in ("float", "int8"))
    person = figures["int8"]["by_label"]["person"]["average_precision"]
    return f"mAP@0.5 {eight} in int8, {whole} in float, person {person}"


def real(figures: Mapping[str, Any]) -> str:
    """Return the card's block about each photograph or film."""
    rows = [
        (name, _counts(one["witnessed"]), _counts(one["found"]), _counts(one["false"]), _said(one))
        for name, one in figures.items()
    ]
    heads = ("", "of the witness's things", "found", "false", "said of a picture")
    return table(heads, rows)


def _counts(by_label: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {label}" for label, count in by_label.items()) or "none"


def _said(figures: Mapping[str, Any]) -> str:
    """Return what was said of one picture; of a film that would be too much."""
    said = [f"{label} {score:.2f}" for label, score in figures.get("said", ())]
    return ", ".join(said) or ("nothing" if "said" in figures else "")


def _file(figures: Mapping[str, Any]) -> str:
    rows = [
        ("parameters", figures["parameters"]),
        ("int8 file", f"{figures['bytes'] / 1000:.0f} kB"),
        ("inference, one x86 core", f"{figures['latency_ms']} ms"),
    ]
    return table(("", "int8"), rows)


def _held_out(figures: Mapping[str, Any]) -> str:
    whole, eight = figures["float"], figures["int8"]
    heads = ("", "objects", "AP@0.5 float", "int8", "threshold", "precision", "recall")
    rows: list[tuple[object, ...]] = [
        (
            label,
            one["objects"],
            whole["by_label"][label]["average_precision"],
            one["average_precision"],
            one["threshold"],
            one["precision"],
            one["recall"],
        )
        for label, one in eight["by_label"].items()
    ]
    means = (whole["mean_average_precision"], eight["mean_average_precision"])
    rows.append(("**mean**", "", *(f"**{mean}**" for mean in means), "", "", ""))
    return (
        f"{table(heads, rows)}\n\n"
        f"Of scenes without anybody {100 * eight['false_person']:.1f} % show a person;"
        f" of balls smaller than 15 % of the frame"
        f" {100 * eight['small_balls_found']:.0f} % are found."
    )
