"""The progress of a plugin's thread, and the stage in which it hangs if it does not advance."""

import time

from edgenode.progress import Progress


class StageProgress(Progress):
    """The progress of a thread that runs code of other authors, with the stage it is in.

    Written by that thread, read from any thread.

    Attributes:
        stage: which of the authors' code runs now; empty during the node's own work and waits.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stage = ""
        self._advanced_at = time.monotonic()

    def advance(self) -> None:
        """Count one step of work."""
        self.count += 1
        self._advanced_at = time.monotonic()

    def inside_s(self) -> float:
        """Return for how many seconds the thread has been in authors' code; 0 if it is not."""
        # The clock is read once per sample, not per stage: this is the whole sample's time.
        return time.monotonic() - self._advanced_at if self.stage else 0.0
