"""How long the uplink waits for what."""

import msgspec


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds.

    Attributes:
        stall_s: without an acknowledgement for so long the link is dead, whatever the network says.
        quota_pause_s: after the broker has had enough for now.
        health_period_s: between two health messages.
        state_pause_s: a state that changes often is published at most so often.
        state_repeat_s: an unchanged state is published again before the broker forgets it.
    """

    stall_s: float = 30.0
    quota_pause_s: float = 1.0
    health_period_s: float = 60.0
    state_pause_s: float = 1.0
    state_repeat_s: float = 240.0
