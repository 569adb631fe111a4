"""Scores keywords: each must be reported while its word is spoken, or soon after."""

from collections.abc import Iterator
from typing import NamedTuple

from edgenode.demo.score.counts import Score
from edgenode.demo.truth import HeardWord, Truth
from edgenode.messages import Event, ResultMessage

LATEST_S = 1.0
"""How long after its end a word may be reported: a model hears it in a window of a second."""


class Report(NamedTuple):
    """A keyword that was reported."""

    label: str
    played_s: float


class Words:
    """Keeps what was reported until the score is asked for."""

    def __init__(self, truth: Truth) -> None:
        self._truth = truth
        self._reports: list[Report] = []

    def note(self, message: ResultMessage | Event, played_s: float) -> None:
        """Keep a keyword."""
        if isinstance(message, Event):
            self._reports.append(Report(message.label, played_s))

    def score(self, played_s: float) -> Score:
        """Return how many words of those that have been played were reported, each once.

        A word that the end may have cut off need not be reported.
        """
        words = list(self._words(played_s))
        hits = sum(_take(report, words) for report in sorted(self._reports, key=_when))
        missed = sum(word.end_s + LATEST_S <= played_s for word in words)
        wrong = len(self._reports) - hits
        return Score(compared=hits + missed, hits=hits, wrong=wrong, missed=missed)

    def _words(self, played_s: float) -> Iterator[HeardWord]:
        """Yield the words of each round, in the time of the first."""
        rounds = int(played_s // self._truth.lasts_s) + 1
        for start_s in (number * self._truth.lasts_s for number in range(rounds)):
            for word in self._truth.words:
                yield HeardWord(word.label, start_s + word.start_s, start_s + word.end_s)


def _take(report: Report, words: list[HeardWord]) -> bool:
    """Return whether *words* has the one that is reported; take it out."""
    for word in words:
        in_time = word.start_s <= report.played_s <= word.end_s + LATEST_S
        if in_time and word.label == report.label:
            words.remove(word)
            return True
    return False


def _when(report: Report) -> float:
    return report.played_s
