"""Knows whether the system's clock has been set since a moment, as it is when a network appears."""

import time

SET_S = 1.0
"""A smaller step is a correction of the clock and not of what it has stamped."""


def offset() -> float:
    """Return what the clock says over the seconds since boot, which nobody sets."""
    return time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)


def step_s(since: float) -> float:
    """Return by how many seconds the clock was set forward since its offset was *since*."""
    step = offset() - since
    return step if abs(step) > SET_S else 0.0
