"""What the card says of the figures: one table of the three forms."""

from collections.abc import Mapping

from recipes.digits.examination import Marks
from recipes.shipping import table

FORMS = {
    "float": "float",
    "int8": "int8, quantised after training",
    "aware": "int8, quantisation-aware (ships)",
}
SHIPS = "aware"
HEADS = ("", "held out", "held out, on paper", "held out, written anyhow", "printed", "bytes", "ms")


def blocks(marks: Mapping[str, Marks]) -> dict[str, str]:
    """Return the card's blocks by name."""
    return {"figures": table(HEADS, [_row(FORMS[form], mark) for form, mark in marks.items()])}


def _row(form: str, mark: Marks) -> tuple[str, ...]:
    shares = (f"{100 * mark.right[test]:.1f} %" for test in ("plain", "paper", "anyhow", "printed"))
    return (form, *shares, f"{mark.bytes}", f"{mark.ms:.2f}")
