"""Waiting for what nobody announces."""

import time
from collections.abc import Callable

LIMIT = 10.0
"""Seconds after which a test that still waits has failed."""


def until(condition: Callable[[], bool], limit: float = LIMIT) -> None:
    """Wait for *condition*, which nothing can wake us for; fail after *limit* seconds."""
    deadline = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass in time"
        time.sleep(0.002)
