"""Scores keywords: each must be reported while its word is spoken, or soon after."""

from bisect import insort
from copy import copy
from typing import NamedTuple

from edgenode.demo.score.counts import Score
from edgenode.demo.truth import HeardWord, Truth
from edgenode.messages import Event, ResultMessage

LATEST_S = 1.0
"""How long after its end a word may be reported: a model hears it in a window of a second."""

MOST_REPORTS = 100
"""Reports kept for an earlier one that may still arrive; of more, the earliest is settled."""


class Report(NamedTuple):
    """A keyword that was reported."""

    played_s: float
    label: str


class Words:
    """Keeps the latest reports, in the order of their times; all before them is settled."""

    def __init__(self, truth: Truth) -> None:
        self._settled = Sweep(truth)
        self._reports: list[Report] = []

    def note(self, message: ResultMessage | Event, played_s: float) -> None:
        """Keep a keyword."""
        if not isinstance(message, Event):
            return
        insort(self._reports, Report(played_s, message.label))
        if len(self._reports) > MOST_REPORTS:
            self._settled.hear(self._reports.pop(0))

    def score(self, played_s: float) -> Score:
        """Return how many words of those that have been played were reported, each once."""
        sweep = copy(self._settled)
        for report in self._reports:
            sweep.hear(report)
        return sweep.end(played_s)


class Sweep:
    """Goes once through the words of all rounds: those said too long ago are settled.

    A shallow copy goes on by itself.
    """

    def __init__(self, truth: Truth) -> None:
        self._words = sorted(truth.words, key=_beginning)
        self._lasts_s = truth.lasts_s
        self._begun = 0
        self._open: tuple[HeardWord, ...] = ()
        self._hits = self._wrong = self._missed = 0

    def hear(self, report: Report) -> None:
        """Match the next report, by their times, with a word: the first that it can be of."""
        self._open_until(report.played_s)
        match = next((word for word in self._open if _is_of(report, word)), None)
        if match is None:
            self._wrong += 1
        else:
            self._open = tuple(word for word in self._open if word is not match)
            self._hits += 1

    def end(self, played_s: float) -> Score:
        """Return the score; a word that the end, at *played_s*, may have cut off is not missed."""
        self._open_until(played_s)
        self._missed += sum(word.end_s + LATEST_S <= played_s for word in self._open)
        return Score(
            compared=self._hits + self._missed,
            hits=self._hits,
            wrong=self._wrong,
            missed=self._missed,
        )

    def _open_until(self, played_s: float) -> None:
        """Open the words that have begun by then, and close those that are too long ago."""
        while self._words and (word := self._next()).start_s <= played_s:
            self._close(word.start_s)
            self._open += (word,)
            self._begun += 1
        self._close(played_s)

    def _next(self) -> HeardWord:
        """Return the first word that has not begun, in the time of the first round."""
        rounds, number = divmod(self._begun, len(self._words))
        word, start_s = self._words[number], rounds * self._lasts_s
        return HeardWord(word.label, start_s + word.start_s, start_s + word.end_s)

    def _close(self, played_s: float) -> None:
        in_time = tuple(word for word in self._open if played_s <= word.end_s + LATEST_S)
        self._missed += len(self._open) - len(in_time)
        self._open = in_time


def _is_of(report: Report, word: HeardWord) -> bool:
    in_time = word.start_s <= report.played_s <= word.end_s + LATEST_S
    return in_time and word.label == report.label


def _beginning(word: HeardWord) -> float:
    return word.start_s
