"""Watchdogs of a sound stream: does it keep time, and is it more than digital silence."""

from edgenode import plugin

GRACE_S = 0.5
"""Streams begin with a backlog; the time until it has gone is not judged."""

SHORTEST_WINDOW_S = 2.0
SLOWEST, FASTEST = 0.8, 1.25


class Pace:
    """Compares the frames that came with the monotonic clock.

    PortAudio's own flags are no guide: a stream that lost four fifths of its frames may show none.
    """

    def __init__(self, rate: int, window_s: float) -> None:
        self._rate = rate
        self._window_s = max(window_s, SHORTEST_WINDOW_S)
        self._started: tuple[int, float] | None = None
        self._judged = False

    def check(self, frames: int, at: float) -> None:
        """Take note that the first *frames* of the stream were there at *at*, monotonic seconds.

        Raise ``DeviceError`` for a stream much too slow or too fast over ``window_s``.
        """
        if self._started is None:
            self._started = frames, at
        came, elapsed = frames - self._started[0], at - self._started[1]
        if not self._judged:
            if elapsed >= GRACE_S:
                self._judged, self._started = True, (frames, at)
            return
        most = self._rate * self._window_s * FASTEST
        if elapsed < self._window_s and came <= most:
            return
        if not SLOWEST <= came / max(elapsed, 1e-3) / self._rate <= FASTEST:
            raise plugin.DeviceError(
                f"the microphone delivers {came / max(elapsed, 1e-3):.0f} samples per second"
                f" instead of {self._rate}: set another `rate`, or replug it"
            )
        self._started = frames, at


class Silence:
    """Notices when nothing but zeros has come for ``limit_s`` seconds; 0: never."""

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._heard_at: float | None = None

    def check(self, data: bytes, at: float) -> None:
        """Take note of *data*, arrived at *at*. Raise ``DeviceError`` when the limit is reached."""
        if self._heard_at is None or any(data):
            self._heard_at = at
        if self._limit_s and at - self._heard_at >= self._limit_s:
            raise plugin.DeviceError(
                f"the microphone sends digital silence for {self._limit_s:g} s: unmute it"
                " (alsamixer), check its cable, or set silence_s = 0 if it gates noise itself"
            )
