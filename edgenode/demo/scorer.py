"""Compares the findings of the demo's node with the truth of the clip it replays."""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final

from edgenode.backend.arrivals import Arrival
from edgenode.demo.scenario import PluginCase
from edgenode.demo.score.counts import PluginScorer, Score
from edgenode.demo.score.keywords import LATEST_S, KeywordScorer
from edgenode.demo.score.objects import ObjectScorer
from edgenode.demo.score.poses import PoseScorer
from edgenode.demo.truth import Truth
from edgenode.messages import Event, ResultMessage

SCORERS: Final[dict[str, Callable[[Truth], PluginScorer]]] = {
    "objects": ObjectScorer,
    "posture": PoseScorer,
    "words": KeywordScorer,
}
"""What scores a plugin of the demo, by the plugin's name."""

REMEMBERED_FINDINGS = 1_000
"""How many findings are remembered to recognise duplicates; then the oldest is forgotten.

Only messages that were in flight when a connection broke arrive twice.
"""


class Scorer:
    """Scores all plugins of a run. For one thread.

    The node's capture times start at *recorded_at*. So the time in a finding tells to which place
    of the clip it belongs, however late it arrives.
    """

    def __init__(self, cases: Iterable[PluginCase], truth: Truth, recorded_at: datetime) -> None:
        self._scorers = {case.name: SCORERS[case.name](truth) for case in cases}
        self._lasts_s = truth.lasts_s
        self._began_at = recorded_at.timestamp()
        self._seen: OrderedDict[tuple[str, int], None] = OrderedDict()
        self._played_s = 0.0

    def add(self, arrival: Arrival) -> None:
        """Score *arrival* if it is a finding and not a duplicate; else ignore it."""
        message = arrival.message
        scorer = self._scorers.get(arrival.plugin)
        if scorer is None or not isinstance(message, ResultMessage | Event):
            return
        if (message.run, message.seq) in self._seen:
            return
        self._remember(message.run, message.seq)
        played_s = message.ts / 1000 - self._began_at
        self._played_s = max(self._played_s, played_s)
        scorer.add(message, played_s)

    def scores(self, *, to_the_end: bool) -> dict[str, Score]:
        """Return the scores by plugin.

        *to_the_end*: the clip was replayed once from start to end. Otherwise it counts as replayed
        up to the time of the last finding.
        """
        played_s = self._lasts_s + LATEST_S if to_the_end else self._played_s
        return {name: scorer.score(played_s) for name, scorer in self._scorers.items()}

    def _remember(self, run: str, seq: int) -> None:
        self._seen[run, seq] = None
        if len(self._seen) > REMEMBERED_FINDINGS:
            self._seen.popitem(last=False)
