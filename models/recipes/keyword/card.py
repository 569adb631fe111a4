"""What the card says of the figures: its tables."""

from collections.abc import Mapping
from typing import Any

from recipes.keyword.script import LABELS
from recipes.shipping import table

FIRST_TRY = {"voices": 0.786, "person": 0.381, "words": 0.667, "noise": 1.0}
"""What the smaller network of the first try gets of the same windows, quantised: voices of
espeak-ng alone, 24 thousand parameters, 39 thousand windows."""


def blocks(figures: Mapping[str, Any]) -> dict[str, str]:
    """Return the card's blocks by name."""
    return {
        "accuracy": _accuracy(figures),
        "labels": _labels(figures),
        "sequences": _sequences(figures),
    }


def summary(figures: Mapping[str, Any]) -> str:
    """Return the figures that matter most in one line."""
    people = figures["recordings"]
    told = f"{_share(people['words']['int8'])} of people's words, " if people else ""
    heard = figures["sequences"]["at ease"]
    return (
        f"{_share(figures['voices']['int8'])} of new voices' words, {told}"
        f"in sequences precision {heard['precision']}, recall {heard['recall']}"
    )


def _accuracy(figures: Mapping[str, Any]) -> str:
    people = figures["recordings"] or {}
    tests = {
        "voices": ("voices of espeak-ng never heard, an accent never heard", figures["voices"]),
        "person": ("a voice made from recordings of a person never heard", figures["person"]),
        "words": ("real people", people.get("words")),
        "noise": ("real noise", people.get("noise")),
    }
    heads = ("what is heard", "windows", "first try", "float", "int8")
    rows = [
        (name, found["count"], *map(_share, (FIRST_TRY[test], found["float"], found["int8"])))
        for test, (name, found) in tests.items()
        if found
    ]
    return table(heads, rows)


def _labels(figures: Mapping[str, Any]) -> str:
    tests = (figures["voices"], figures["person"], figures["recordings"] or {"by_label": {}})
    rows = [(label, *(_right(test["by_label"].get(label)) for test in tests)) for label in LABELS]
    return table(("label", "new voices", "new person", "real people and noise"), rows)


def _sequences(figures: Mapping[str, Any]) -> str:
    made, people = figures["sequences"], figures["recordings"]
    columns = ("said", "heard", "right", "precision", "recall")
    rows = [
        (name, *(made[voices][column] for column in columns))
        for voices, name in (("at ease", "ordinary"), ("voices", "slow to fast, low to high"))
    ]
    told = table(("voices", "said", "reported", "rightly", "precision", "recall"), rows)
    if not people:
        return told
    real = (f'"{said}" as "{heard}"' for said, heard in people["sequences"].items())
    talk = people["talk"]
    return (
        f"{told}\n\nReal people: it heard {' and '.join(real)}; in {talk['seconds']} s of people"
        f" talking of other things it reported {len(talk['reported'])} words."
    )


def _share(share: float) -> str:
    return f"{100 * share:.1f} %"


def _right(found: Mapping[str, float] | None) -> str:
    """Return how many of how many a label's windows were right, in int8."""
    return f"{found['int8'] * found['count']:.0f}/{found['count']}" if found else ""
