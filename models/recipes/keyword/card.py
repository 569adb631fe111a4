"""What the card says of the figures: its tables."""

from collections.abc import Mapping
from typing import Any

from recipes.keyword.script import LABELS
from recipes.shipping import table


def blocks(figures: Mapping[str, Any]) -> dict[str, str]:
    """Return the blocks of what the recipe measures, by name."""
    return {
        "accuracy": _accuracy(figures),
        "labels": _labels(figures),
        "sequences": _sequences(figures),
    }


def summary(figures: Mapping[str, Any]) -> str:
    """Return the figures that matter most in one line."""
    heard = figures["sequences"]["at ease"]
    return (
        f"{_share(figures['voices']['int8'])} of new voices' words, "
        f"in sequences precision {heard['precision']}, recall {heard['recall']}"
    )


def real(models: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the block of what each of the *models*, by id, made of the same recordings."""
    return f"{_clips(models)}\n\n{_played(models)}"


def _accuracy(figures: Mapping[str, Any]) -> str:
    tests = {
        "voices": "voices of espeak-ng never heard, an accent never heard",
        "person": "a voice made from recordings of a person never heard",
    }
    rows = [
        (name, found["count"], _share(found["float"]), _share(found["int8"]))
        for name, found in ((name, figures[test]) for test, name in tests.items())
    ]
    return table(("what is heard", "windows", "float", "int8"), rows)


def _labels(figures: Mapping[str, Any]) -> str:
    tests = (figures["voices"], figures["person"])
    rows = [(label, *(_right(test["by_label"].get(label)) for test in tests)) for label in LABELS]
    return table(("label", "new voices", "new person"), rows)


def _sequences(figures: Mapping[str, Any]) -> str:
    columns = ("said", "heard", "right", "precision", "recall")
    rows = [
        (name, *(figures["sequences"][voices][column] for column in columns))
        for voices, name in (("at ease", "ordinary"), ("any pace", "slow to fast, low to high"))
    ]
    return table(("voices", "said", "reported", "rightly", "precision", "recall"), rows)


def _clips(models: Mapping[str, Mapping[str, Any]]) -> str:
    each = [found["clips"] for found in models.values()]
    rows = [
        (kind, one["count"], *(_of(clips[kind]) for clips in each)) for kind, one in each[0].items()
    ]
    return table(("a second of", "clips", *models), rows)


def _played(models: Mapping[str, Mapping[str, Any]]) -> str:
    each = [found["reported"] for found in models.values()]
    rows = [(said, *(reported[said] or "nothing" for reported in each)) for said in each[0]]
    return table(("said", *(f"{model} reports" for model in models)), rows)


def _of(clips: Mapping[str, int]) -> str:
    return f"{clips['right']} ({_share(clips['right'] / clips['count'])})"


def _share(share: float) -> str:
    return f"{100 * share:.1f} %"


def _right(found: Mapping[str, float] | None) -> str:
    """Return how many of how many a label's windows were right, in int8."""
    return f"{found['int8'] * found['count']:.0f}/{found['count']}" if found else ""
