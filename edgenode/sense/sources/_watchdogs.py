"""Watchdogs of an audio stream: its rate must be right, and it must not be digital silence."""

from edgenode import plugin

GRACE_S = 0.5
"""The first seconds are not checked: a stream starts with a backlog of frames."""

SHORTEST_WINDOW_S = 2.0
SLOWEST, FASTEST = 0.8, 1.25
"""Limits of the measured rate, as a fraction of the nominal one."""


class RateWatchdog:
    """Compares the number of frames with the monotonic clock.

    PortAudio's own flags are not enough: a stream that loses 80 % of its frames may set none.
    """

    def __init__(self, rate: int, window_s: float) -> None:
        self._rate = rate
        self._window_s = max(window_s, SHORTEST_WINDOW_S)
        self._started: tuple[int, float] | None = None
        self._settled = False

    def check(self, frames: int, at: float) -> None:
        """Note that *frames* frames have arrived until *at*, monotonic seconds.

        Raise ``DeviceError`` if the stream is much too slow or too fast over ``window_s``.
        """
        if self._started is None:
            self._started = frames, at
        came, elapsed = frames - self._started[0], at - self._started[1]
        if not self._settled:
            if elapsed >= GRACE_S:
                self._settled, self._started = True, (frames, at)
            return
        # Far too many frames are reported at once, and not only at the end of the window.
        most = self._rate * self._window_s * FASTEST
        if elapsed < self._window_s and came <= most:
            return
        if not SLOWEST <= came / max(elapsed, 1e-3) / self._rate <= FASTEST:
            raise plugin.DeviceError(
                f"the microphone delivers {came / max(elapsed, 1e-3):.0f} samples per second"
                f" instead of {self._rate}: set another `rate`, or replug it"
            )
        self._started = frames, at


class SilenceWatchdog:
    """Detects ``limit_s`` seconds of nothing but zeros; 0 switches it off."""

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._heard_at: float | None = None

    def check(self, data: bytes, at: float) -> None:
        """Check *data*, which arrived at *at*; raise ``DeviceError`` if the limit is reached."""
        if self._heard_at is None or any(data):
            self._heard_at = at
        if self._limit_s and at - self._heard_at >= self._limit_s:
            raise plugin.DeviceError(
                f"the microphone sends digital silence for {self._limit_s:g} s: unmute it"
                " (alsamixer), check its cable, or set silence_s = 0 if it gates noise itself"
            )
