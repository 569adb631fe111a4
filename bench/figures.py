"""A figure that a benchmark has measured, and how it is printed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One figure, a median over the rounds.

    Attributes:
        at_least, at_most: the goal, where there is one.
        beside: what it was made of or measured beside, by name, the unit in the name.
    """

    what: str
    value: float
    unit: str
    at_least: float | None = None
    at_most: float | None = None
    beside: Mapping[str, float] = field(default_factory=dict)

    @property
    def goal(self) -> str:
        """The goal as people write it."""
        if self.at_least is not None:
            return f">= {self.at_least:g}"
        return "" if self.at_most is None else f"<= {self.at_most:g}"

    @property
    def met(self) -> bool | None:
        """Whether the goal is met, None where there is none."""
        if self.at_least is not None:
            return self.value >= self.at_least
        return None if self.at_most is None else self.value <= self.at_most

    def plain(self) -> dict[str, object]:
        """Return the figure for JSON."""
        return {
            "what": self.what,
            "value": _short(self.value),
            "unit": self.unit,
            "goal": self.goal or None,
            "met": self.met,
            "beside": {name: _short(value) for name, value in self.beside.items()},
        }


VERDICTS = {True: "met", False: "MISSED", None: ""}


def show(title: str, figures: Sequence[Figure]) -> None:
    """Print the figures as a table under *title*, each with what it was compared with."""
    print(f"\n{title}")
    for figure in figures:
        print(
            f"  {figure.what:42}{_short(figure.value):>9} {figure.unit:22}"
            f"{figure.goal:9}{VERDICTS[figure.met]}".rstrip()
        )
        for name, value in figure.beside.items():
            print(f"      {name:38}{_short(value):>9}")


def _short(value: float) -> float:
    """Return *value* with four digits: no benchmark here is more exact."""
    return float(f"{value:.4g}")
