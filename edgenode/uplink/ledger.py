"""Which offers of the present start of sense have been accepted, and as what."""

import itertools

from edgenode.messages import Identity, Run


class Identities:
    """Identities of one run, from 1 without gaps. For any thread.

    Attributes:
        run: this start of the uplink.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self._seq = itertools.count(1)

    def next(self) -> Identity:
        """Return the next identity."""
        return Identity(self.run, next(self._seq))


class Ledger:
    """Offers by number, so that what is offered twice is accepted once. For one thread.

    Sense offers in the order of numbers and offers all it still keeps again after a break. So a
    number that is not above ``accepted`` and not open any more has been settled, and the memory is
    no larger than what waits in the outbox.

    Attributes:
        start: which start of sense this is about; empty before the first.
        accepted: the highest number accepted, or rejected for good.
    """

    def __init__(self, identities: Identities) -> None:
        self._identities = identities
        self._open: dict[int, Identity] = {}
        self.start = ""
        self.accepted = 0

    def begin(self, start: Run) -> None:
        """Sense says which start it is; what an earlier one has offered will not be asked for."""
        if start != self.start:
            self.start = start
            self.accepted = 0
            self._open.clear()

    def known(self, number: int) -> bool:
        """Return whether *number* was accepted before, settled or not."""
        return number <= self.accepted

    def identity(self, number: int) -> Identity | None:
        """Return the identity of an offer that is accepted and not settled, else None."""
        return self._open.get(number)

    def accept(self, number: int, identity: Identity | None) -> Identity:
        """Return the identity of a new offer: the one an earlier run gave it, or the next."""
        given = identity or self._identities.next()
        self.accepted = max(self.accepted, number)
        self._open[number] = given
        return given

    def reject(self, number: int) -> None:
        """Remember that *number* can never pass."""
        self.accepted = max(self.accepted, number)

    def settle(self, start: str, number: int) -> bool:
        """Forget an offer; return whether the present sense waits to hear of it."""
        return start == self.start and self._open.pop(number, None) is not None
