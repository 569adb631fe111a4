"""Scores keywords: a word must be reported while it is spoken, or soon after."""

from bisect import insort
from copy import copy
from typing import NamedTuple

from edgenode.demo.score.counts import Score
from edgenode.demo.truth import HeardWord, Truth
from edgenode.messages import Event, ResultMessage

LATEST_S = 1.0
"""How long after its end a word may be reported. A model sees a window of one second."""

PENDING_REPORTS = 100
"""How many reports wait, because an earlier one may arrive later; then the earliest is matched."""


class Report(NamedTuple):
    """A keyword that was reported."""

    played_s: float
    label: str


class KeywordScorer:
    """Keeps the latest reports in the order of their times; earlier ones are matched already."""

    def __init__(self, truth: Truth) -> None:
        self._matcher = WordMatcher(truth)
        self._reports: list[Report] = []

    def add(self, message: ResultMessage | Event, played_s: float) -> None:
        """Keep a keyword until it is matched; other messages are ignored."""
        if not isinstance(message, Event):
            return
        insort(self._reports, Report(played_s, message.label))
        if len(self._reports) > PENDING_REPORTS:
            self._matcher.match(self._reports.pop(0))

    def score(self, played_s: float) -> Score:
        """Return the score of the words spoken until *played_s*. Each is found at most once."""
        # A copy: the pending reports are matched again when further ones have arrived.
        matcher = copy(self._matcher)
        for report in self._reports:
            matcher.match(report)
        return matcher.end(played_s)


class WordMatcher:
    """Matches reports, given in the order of their times, with the words of all rounds of a clip.

    A shallow copy is independent: all of its values are immutable, or never changed.
    """

    def __init__(self, truth: Truth) -> None:
        self._words = sorted(truth.words, key=_beginning)
        self._lasts_s = truth.lasts_s
        self._begun = 0
        self._open: tuple[HeardWord, ...] = ()
        self._hits = self._wrong = self._missed = 0

    def match(self, report: Report) -> None:
        """Match *report* with the first open word that fits, else count it as wrong."""
        self._open_until(report.played_s)
        match = next((word for word in self._open if _fits(report, word)), None)
        if match is None:
            self._wrong += 1
        else:
            self._open = tuple(word for word in self._open if word is not match)
            self._hits += 1

    def end(self, played_s: float) -> Score:
        """Return the score at *played_s*. A word that could still be reported is not missed."""
        self._open_until(played_s)
        self._missed += sum(word.end_s + LATEST_S <= played_s for word in self._open)
        return Score(
            compared=self._hits + self._missed,
            hits=self._hits,
            wrong=self._wrong,
            missed=self._missed,
        )

    def _open_until(self, played_s: float) -> None:
        """Open the words that have begun at *played_s*; close those that are too long ago."""
        while self._words and (word := self._next()).start_s <= played_s:
            self._close(word.start_s)
            self._open += (word,)
            self._begun += 1
        self._close(played_s)

    def _next(self) -> HeardWord:
        """Return the next word, with its times counted from the start of the first round."""
        rounds, number = divmod(self._begun, len(self._words))
        word, start_s = self._words[number], rounds * self._lasts_s
        return HeardWord(word.label, start_s + word.start_s, start_s + word.end_s)

    def _close(self, played_s: float) -> None:
        in_time = tuple(word for word in self._open if played_s <= word.end_s + LATEST_S)
        self._missed += len(self._open) - len(in_time)
        self._open = in_time


def _fits(report: Report, word: HeardWord) -> bool:
    in_time = word.start_s <= report.played_s <= word.end_s + LATEST_S
    return in_time and word.label == report.label


def _beginning(word: HeardWord) -> float:
    return word.start_s
