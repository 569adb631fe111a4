"""Which findings of the current run of sense are received, and which of them are still open."""

from collections import OrderedDict

from edgenode.messages import Identity, Run


class SenseRun:
    """The current run of sense. For one thread, or under its owner's lock.

    A finding is open from its arrival until the broker has it or its absence is reported.

    Attributes:
        run: id of the run; empty before the first ``Hello``.
        received: the highest seq received.
    """

    def __init__(self) -> None:
        self._open: OrderedDict[int, None] = OrderedDict()
        self.run: Run = ""
        self.received = 0

    def begin(self, run: Run, kept: int) -> None:
        """Take note that sense has connected as *run*, and sends nothing up to seq *kept*."""
        if run != self.run:
            self.run = run
            self.received = 0
            self._open.clear()
        self.received = max(self.received, kept)

    def open(self, identity: Identity) -> None:
        """Take note of a new finding; to be called in the order of seq."""
        # Entries of earlier runs, and the outbox's own reports, are nothing sense waits for.
        if identity.run == self.run:
            self._open[identity.seq] = None

    def close(self, identity: Identity) -> None:
        """Take note that this finding need not be kept any longer: it arrived or was dropped."""
        if identity.run == self.run:
            self._open.pop(identity.seq, None)

    @property
    def kept(self) -> int:
        """The highest seq up to which no finding is open."""
        return next(iter(self._open)) - 1 if self._open else self.received
