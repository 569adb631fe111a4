"""Finds out whether the system's clock was set since an earlier moment, as by NTP."""

import time

SET_S = 1.0
"""Up to this step the clock was only adjusted; times taken before stay as they are."""


def offset() -> float:
    """Return the difference between the clock and the seconds since boot."""
    # Nobody can set the seconds since boot, so the difference changes only when the clock is set.
    # CLOCK_BOOTTIME, unlike CLOCK_MONOTONIC, also counts while the system is suspended.
    return time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)


def step_s(since: float) -> float:
    """Return by how many seconds the clock was set forward since ``offset()`` was *since*."""
    step = offset() - since
    return step if abs(step) > SET_S else 0.0
