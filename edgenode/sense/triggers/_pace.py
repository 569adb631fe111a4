"""The trigger that limits how often there is an inference."""

from typing import Annotated

from msgspec import Meta

from edgenode import plugin

TOLERANCE_S = 0.001
"""Capture times that are a period apart may differ from it by their rounding."""


class PaceOptions(plugin.Options, frozen=True, kw_only=True):
    """Options of ``pace``."""

    rate_hz: Annotated[float, Meta(description="most inferences per second", gt=0)]


def pace(options: PaceOptions) -> plugin.Trigger:
    """Let through at most so many samples per second of capture time."""
    period = 1.0 / options.rate_hz
    due_at = float("-inf")

    def due(sample: plugin.Sample) -> bool:
        nonlocal due_at
        late = sample.captured_at - due_at
        if -period <= late < -TOLERANCE_S:
            return False
        # A little late: keep the rhythm. Much too late, or a clock that was set back: begin anew.
        rhythm = due_at if -TOLERANCE_S <= late < period else sample.captured_at
        due_at = rhythm + period
        return True

    return due
