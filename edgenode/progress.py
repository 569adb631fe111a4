"""Tells whether threads get on with their work."""

from collections.abc import Iterable


class Progress:
    """What one thread has done, counted. Written by that thread, read by any.

    Attributes:
        count: grows whenever the work advances, or waits with a reason and an end.
        done: nothing is left to do, for good.
    """

    def __init__(self) -> None:
        self.count = 0
        self.done = False

    def advance(self) -> None:
        """Say that the work has advanced."""
        self.count += 1


class Watch:
    """Compares threads with how far they were before. For one thread."""

    def __init__(self) -> None:
        self._seen: dict[Progress, int] = {}

    def stuck(self, watched: Iterable[Progress]) -> list[Progress]:
        """Return those that have not advanced since the last ``mark`` and still have work."""
        return [one for one in watched if not one.done and self._seen.get(one) == one.count]

    def mark(self, watched: Iterable[Progress]) -> None:
        """Remember how far they are now, and forget all others."""
        self._seen = {one: one.count for one in watched}
