"""The trigger that limits the rate of inferences."""

from typing import Annotated

from msgspec import Meta

from edgenode import plugin

TOLERANCE_S = 0.001
"""A sample may be early by this: capture times are rounded."""


class PaceOptions(plugin.Options, frozen=True, kw_only=True):
    """Options of ``pace``."""

    rate_hz: Annotated[float, Meta(description="most inferences per second", ge=0.0001, le=1000)]


def pace(options: PaceOptions) -> plugin.Trigger:
    """Accept at most ``rate_hz`` samples per second of capture time."""
    period = 1.0 / options.rate_hz
    due_at = float("-inf")

    def due(sample: plugin.Sample) -> bool:
        nonlocal due_at
        late = sample.captured_at - due_at
        if -period <= late < -TOLERANCE_S:
            return False
        # A little late: keep the rhythm, so that the mean rate is right. A period late, or the
        # clock was set back: start again from this sample.
        rhythm = due_at if -TOLERANCE_S <= late < period else sample.captured_at
        due_at = rhythm + period
        return True

    return due
