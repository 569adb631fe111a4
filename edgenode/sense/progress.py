"""Whether a plugin's thread gets on, and with what it is busy if it does not."""

import time

from edgenode.progress import Progress


class StageProgress(Progress):
    """The progress of a thread that runs what strangers wrote, so that one who hangs can be named.

    Written by that thread, read by any.

    Attributes:
        stage: whose code it is in now, empty for its own work and waits.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stage = ""
        self._advanced_at = time.monotonic()

    def advance(self) -> None:
        """Say that the work has advanced."""
        super().advance()
        self._advanced_at = time.monotonic()

    def inside_s(self) -> float:
        """Return for how long the thread has been in strangers' code, 0 where it is in none."""
        # The clock is read once per sample, not per stage: this is the whole sample's time.
        return time.monotonic() - self._advanced_at if self.stage else 0.0
