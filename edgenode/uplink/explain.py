"""Reports what the outbox has dropped, so that a consumer can tell a gap from a loss."""

import time

from edgenode import messages
from edgenode.messages import Dropped
from edgenode.uplink import gate
from edgenode.uplink.gaps import Gap
from edgenode.uplink.ledger import Identities
from edgenode.uplink.outbox import Entry, Outbox
from edgenode.uplink.topics import Topics


class Explainer:
    """Puts ``event/_outbox`` messages into the outbox they speak of."""

    def __init__(self, outbox: Outbox, identities: Identities, topics: Topics) -> None:
        self._outbox = outbox
        self._identities = identities
        self._topic = topics.dropped

    def explain(self) -> None:
        """Report what was dropped since the last call, as far as there is room."""
        while (gap := self._outbox.gap()) is not None:
            self._outbox.put(self._entry(gap))

    def _entry(self, gap: Gap) -> Entry:
        now = time.time()
        identity = self._identities.next()
        report = Dropped(
            v=messages.VERSION,
            ts=messages.millis(now),
            run=identity.run,
            seq=identity.seq,
            reason=gap.reason,
            of=gap.of,
            ranges=gap.ranges,
        )
        return Entry(
            topic=self._topic,
            payload=gate.dropped(report),
            event=True,
            identity=identity,
            captured_at=now,
            explains=gap,
        )
