"""Where findings part: to the uplink, and to the plugins that read them."""

from collections.abc import Callable, Mapping

from edgenode.handover import EventRecord, Record, ResultRecord
from edgenode.sense.mailbox import Delivery, Mailbox
from edgenode.sense.pipeline import Outcome


class Junction:
    """Hands each outcome on. Called from the threads of all plugins, and never blocks them.

    Attributes:
        readers: by plugin, the mailboxes of those that read its results. Replaced as a whole.
    """

    def __init__(self, offer: Callable[[Record, float], None]) -> None:
        self._offer = offer
        self.readers: Mapping[str, tuple[Mailbox[Delivery], ...]] = {}

    def publish(self, plugin: str, outcome: Outcome, clock: float) -> None:
        """Hand on what *plugin* has found; raise what ``offer`` raises where it cannot cross.

        *clock* is its offset when the sample was captured.
        """
        for record in records(plugin, outcome):
            self._offer(record, clock)
        for mailbox in self.readers.get(plugin, ()):
            mailbox.put(Delivery(outcome.result, clock))


def records(plugin: str, outcome: Outcome) -> list[Record]:
    """Return *outcome* as it crosses to the uplink: an event for each happening, then a result."""
    crossing: list[Record] = [
        EventRecord(
            plugin=plugin,
            captured_at=outcome.result.captured_at,
            type=happening.type,
            label=happening.label,
            score=happening.score,
            id=happening.id,
            zone=happening.zone,
            dur_ms=happening.dur_ms,
        )
        for happening in outcome.happenings
    ]
    if outcome.reported is not None:
        crossing.append(ResultRecord(plugin, outcome.reported))
    return crossing
