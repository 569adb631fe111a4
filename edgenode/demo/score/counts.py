"""The score of one plugin: how many findings are right, wrong and missing."""

from typing import Protocol

import msgspec

from edgenode.messages import Event, ResultMessage


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """The result of comparing findings with the truth.

    Attributes:
        compared: number of frames, or of words, that were compared.
        hits: number of things that are there and were found.
        wrong: number of findings of something that is not there.
        missed: number of things that are there and were not found.
        keypoint_error: mean distance between a keypoint and its true place, as a fraction of the
            frame's longer side; None if there are no keypoints.
    """

    compared: int = 0
    hits: int = 0
    wrong: int = 0
    missed: int = 0
    keypoint_error: float | None = None

    @property
    def precision(self) -> float | None:
        """Fraction of the findings that are right; None if there are no findings."""
        return _share(self.hits, self.wrong)

    @property
    def recall(self) -> float | None:
        """Fraction of the things there that were found; None if nothing is there."""
        return _share(self.hits, self.missed)


class PluginScorer(Protocol):
    """Compares one plugin's findings with the truth of a clip, replayed once or in a loop."""

    def add(self, message: ResultMessage | Event, played_s: float) -> None:
        """Compare *message* with the truth at *played_s*, seconds since the replay started."""

    def score(self, played_s: float) -> Score:
        """Return the score so far; *played_s*: seconds of replay in all, over all rounds."""


def _share(some: int, others: int) -> float | None:
    return some / (some + others) if some + others else None
