"""Whether the threads of sense get on, and with what one is busy that does not."""

import time

from edgenode.progress import Progress


class StageProgress(Progress):
    """The progress of a thread that runs what strangers wrote, stage by stage.

    Written by that thread, read by any. ``enter`` says which of them the thread is in, so that one
    that does not return can be named.
    """

    def __init__(self) -> None:
        super().__init__()
        # Replaced as a whole, so that a reader never sees the one stage with the other's time.
        self._inside: tuple[str, float] | None = None

    def enter(self, stage: str) -> None:
        """Say that *stage* begins."""
        self._inside = (stage, time.monotonic())

    def leave(self) -> None:
        """Say that no stranger's code is being run."""
        self._inside = None

    @property
    def stage(self) -> str:
        """What the thread is in now, empty for its own work and waits."""
        inside = self._inside
        return inside[0] if inside else ""

    def inside_s(self) -> float:
        """Return for how long it has been in that stage."""
        inside = self._inside
        return time.monotonic() - inside[1] if inside else 0.0
