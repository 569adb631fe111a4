"""Compares what arrives from the demo's node with the truth of the clip it plays."""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final

from edgenode.backend.subscriber import Arrival
from edgenode.demo.play import Part
from edgenode.demo.score.counts import Score, Scorer
from edgenode.demo.score.objects import Objects
from edgenode.demo.score.poses import Poses
from edgenode.demo.score.words import LATEST_S, Words
from edgenode.demo.truth import Truth
from edgenode.messages import Event, ResultMessage

SCORERS: Final[dict[str, Callable[[Truth], Scorer]]] = {
    "object-detection": Objects,
    "pose-estimation": Poses,
    "keyword-spotting": Words,
}

MOST_HEARD = 1_000
"""Findings that are known again when they arrive a second time; of more, the first is forgotten.

Only what was on its way when a connection broke comes twice.
"""


class Judge:
    """Hears every arrival. For one thread.

    The node dates what it plays *recorded_at*: so each finding tells by its own time where in the
    clip it belongs, however late it was made or arrives.
    """

    def __init__(self, parts: Iterable[Part], truth: Truth, recorded_at: datetime) -> None:
        self._scorers = {part.name: SCORERS[part.use](truth) for part in parts}
        self._lasts_s = truth.lasts_s
        self._began_at = recorded_at.timestamp()
        self._heard: OrderedDict[tuple[str, int], None] = OrderedDict()
        self._played_s = 0.0

    def hear(self, arrival: Arrival) -> None:
        """Take note of *arrival*, if it is a finding and no duplicate."""
        message = arrival.message
        scorer = self._scorers.get(arrival.plugin)
        if scorer is None or not isinstance(message, ResultMessage | Event):
            return
        if self._is_known(message.run, message.seq):
            return
        played_s = message.ts / 1000 - self._began_at
        self._played_s = max(self._played_s, played_s)
        scorer.note(message, played_s)

    def scores(self, *, to_the_end: bool) -> dict[str, Score]:
        """Return the scores by plugin; *to_the_end*: the clip was played from end to end once.

        Else it was played up to the last finding.
        """
        played_s = self._lasts_s + LATEST_S if to_the_end else self._played_s
        return {name: scorer.score(played_s) for name, scorer in self._scorers.items()}

    def _is_known(self, run: str, seq: int) -> bool:
        """Return whether a finding has been heard before, and keep it in mind."""
        if (run, seq) in self._heard:
            return True
        self._heard[run, seq] = None
        if len(self._heard) > MOST_HEARD:
            self._heard.popitem(last=False)
        return False
