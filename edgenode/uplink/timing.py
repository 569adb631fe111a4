"""The waiting times of the uplink."""

import msgspec


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """Waiting times in seconds.

    Attributes:
        stall_s: if the broker acknowledges nothing for so long, the connection is closed.
        quota_pause_s: how long findings wait after the broker has refused one for its quota.
        suspect_s: how long a connection must have stood before a message is sent again on which
            the broker has closed already when it was alone in flight.
        health_period_s: time between two health messages.
        state_pause_s: shortest time between two publications of one state.
        state_repeat_s: when an unchanged state is repeated; less than ``retained.EXPIRES_S``.
    """

    stall_s: float = 30.0
    quota_pause_s: float = 1.0
    suspect_s: float = 1.0
    health_period_s: float = 60.0
    state_pause_s: float = 1.0
    state_repeat_s: float = 240.0
