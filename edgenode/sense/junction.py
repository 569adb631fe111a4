"""Passes findings on: to the uplink, and to the plugins that read them."""

from collections.abc import Callable, Iterable, Mapping

from edgenode.handover.protocol import EventRecord, Record, ResultRecord
from edgenode.plugin import Area, Finding, Happening, Measurement, PluginError
from edgenode.sense.mailbox import Delivery, Mailbox
from edgenode.sense.pipeline import Outcome


class Junction:
    """Passes each outcome on. Called from the threads of all plugins; it never blocks.

    Attributes:
        readers: by plugin, the mailboxes of the plugins that read its results.
    """

    def __init__(self, offer: Callable[[Record, float], None]) -> None:
        self._offer = offer
        # Replaced as a whole by `Sense`, never changed: a thread sees the old one or the new one.
        self.readers: Mapping[str, tuple[Mailbox[Delivery], ...]] = {}

    def publish(self, plugin: str, outcome: Outcome, clock: float) -> None:
        """Pass *outcome* of *plugin* on. Raise what ``offer`` raises for a finding it refuses.

        *clock* is the clock's offset at the capture of the sample, in seconds.
        """
        for record in records(plugin, outcome):
            self._offer(record, clock)
        for mailbox in self.readers.get(plugin, ()):
            mailbox.put(Delivery(outcome.result, clock))


def records(plugin: str, outcome: Outcome) -> list[Record]:
    """Return the records of *outcome* for the uplink: an event per happening, then the result.

    Raise ``PluginError`` for two measurements or areas of one name: a message can hold one.
    """
    reported = outcome.reported
    if reported is not None:
        _check_names(reported.findings)
    result: list[Record] = [] if reported is None else [ResultRecord(plugin, reported)]
    if not outcome.happenings:
        return result
    return [*(_event(plugin, outcome, happening) for happening in outcome.happenings), *result]


def _check_names(findings: Iterable[Finding]) -> None:
    seen = set()
    for one in findings:
        if isinstance(one, Measurement | Area):
            kind, name = type(one), one.name if isinstance(one, Measurement) else one.label
            if (kind, name) in seen:
                what = f"two {kind.__name__.lower()}s named {name!r}"
                raise PluginError(f"{what} in one result: give each a name of its own")
            seen.add((kind, name))


def _event(plugin: str, outcome: Outcome, happening: Happening) -> EventRecord:
    return EventRecord(
        plugin=plugin,
        captured_at=outcome.result.captured_at,
        type=happening.type,
        label=happening.label,
        score=happening.score,
        id=happening.id,
        zone=happening.zone,
        dur_ms=happening.dur_ms,
    )
