"""What a comparison comes to: how much was found, made up and missed."""

from typing import Protocol

import msgspec

from edgenode.messages import Event, ResultMessage


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """Findings against the truth.

    Attributes:
        compared: what was looked at: frames, or words.
        hits: of what is really there, so much was found.
        wrong: so many findings of what is not there.
        missed: so much was there and not found.
        keypoint_error: mean distance between a keypoint and where it really is, as a part of the
            frame's longer side; None where there are no keypoints.
    """

    compared: int = 0
    hits: int = 0
    wrong: int = 0
    missed: int = 0
    keypoint_error: float | None = None

    @property
    def precision(self) -> float | None:
        """The part of the findings that are right; None without a finding."""
        return _share(self.hits, self.wrong)

    @property
    def recall(self) -> float | None:
        """The part of what is there that was found; None where nothing is."""
        return _share(self.hits, self.missed)


class Scorer(Protocol):
    """Compares one plugin's findings with the truth of a clip that is played in a loop."""

    def note(self, message: ResultMessage | Event, played_s: float) -> None:
        """Take note of what was found when the clip had been played for *played_s*."""

    def score(self, played_s: float) -> Score:
        """Return the score, the clip having been played for *played_s* in all."""


def _share(some: int, others: int) -> float | None:
    return some / (some + others) if some + others else None
