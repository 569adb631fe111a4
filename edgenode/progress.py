"""Finds threads that do not advance."""

from collections.abc import Iterable


class Progress:
    """Counts the progress of one thread. Written by that thread, read by any.

    Attributes:
        count: grows when the work advances, and while the thread waits for a known reason.
        done: the thread has nothing left to do, and never will.
    """

    def __init__(self) -> None:
        self.count = 0
        self.done = False

    def advance(self) -> None:
        """Count one more step."""
        self.count += 1


class Watch:
    """Compares the progress of threads with that at the last ``mark``. For one thread."""

    def __init__(self) -> None:
        self._seen: dict[Progress, int] = {}

    def stuck(self, watched: Iterable[Progress]) -> list[Progress]:
        """Return those that are not done and have not advanced since the last ``mark``."""
        return [one for one in watched if not one.done and self._seen.get(one) == one.count]

    def mark(self, watched: Iterable[Progress]) -> None:
        """Remember the counts of these, and forget all others."""
        self._seen = {one: one.count for one in watched}
