"""How far one run of sense has been received, and how much of it is still under way."""

from collections import OrderedDict

from edgenode.messages import Identity, Run


class RunProgress:
    """Which findings of the present run of sense are open. For one thread, or under its lock.

    Attributes:
        run: of sense; empty before the first greeting.
        received: the highest seq received.
    """

    def __init__(self) -> None:
        self._open: OrderedDict[int, None] = OrderedDict()
        self.run: Run = ""
        self.received = 0

    def begin(self, run: Run, kept: int) -> None:
        """Sense has come as *run*; up to *kept* nothing will be sent."""
        if run != self.run:
            self.run = run
            self.received = 0
            self._open.clear()
        self.received = max(self.received, kept)

    def open(self, identity: Identity) -> None:
        """It is under way; of one run in the order of seq."""
        if identity.run == self.run:
            self._open[identity.seq] = None

    def close(self, identity: Identity) -> None:
        """It need not be kept any longer, be it arrived or dropped."""
        if identity.run == self.run:
            self._open.pop(identity.seq, None)

    @property
    def kept(self) -> int:
        """Up to here nothing is open."""
        return next(iter(self._open)) - 1 if self._open else self.received
