"""Watchdogs of an audio stream: its rate must be right, and its sound must change."""

import numpy as np
from numpy.typing import NDArray

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
    """Detects ``limit_s`` seconds of one unchanging value; 0 switches it off.

    That value is 0 for a muted microphone (digital silence), and any other for one that is stuck.
    """

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._value: int | None = None
        self._heard_at = 0.0

    def check(self, samples: NDArray[np.int16], at: float) -> None:
        """Check *samples* of the channel in use, which arrived at *at*, monotonic seconds.

        Raise ``DeviceError`` if the limit is reached.
        """
        value = int(samples[0])
        if value != self._value or samples.min() != samples.max():
            # The last one: what follows may be stuck at it.
            self._value, self._heard_at = int(samples[-1]), at
        if self._limit_s and at - self._heard_at >= self._limit_s:
            self._raise(value)

    def _raise(self, value: int) -> None:
        if value:
            raise plugin.DeviceError(
                f"the microphone is stuck at the value {value} for {self._limit_s:g} s: check its"
                " cable and wiring, or set another `channel`"
            )
        raise plugin.DeviceError(
            f"the microphone sends digital silence for {self._limit_s:g} s: unmute it (alsamixer),"
            " check its cable and `channel`, or set silence_s = 0 if it gates noise itself"
        )
