"""Checks the time stamps of camera frames: new, repeated, too early, or stalled. No hardware."""

import time

from edgenode import plugin

NS = 1_000_000_000


class FrameTimes:
    """Decides for each frame if it is used, by the sensor's time stamps.

    These are nanoseconds of the monotonic clock at the exposure of the first line.
    """

    def __init__(self, stall_s: float, rate_hz: float | None) -> None:
        self._stall_s = stall_s
        self._period_ns = NS / rate_hz if rate_hz else 0.0
        self._due_ns = 0.0
        self._last_ns = 0
        self._lasted_ns = 0
        self._moved_ns = time.monotonic_ns()

    def age_s(self, stamp_ns: int | None) -> float | None:
        """Return the age of the frame in seconds; None to skip it: repeated, or too early.

        Raise ``DeviceError`` if the frame is older than ``stall_s``, or if time stamps have not
        changed for as long. A frame without a time stamp counts as new.
        """
        now_ns = time.monotonic_ns()
        if stamp_ns is None:
            stamp_ns = now_ns
        age_s = max(now_ns - stamp_ns, 0) / NS
        if age_s > self._stall_s:
            raise plugin.DeviceError(
                f"the camera's frames are {age_s:.1f} s old: it has stalled, check cable and power"
            )
        if stamp_ns <= self._last_ns:
            self._check_stall(now_ns)
            return None
        self._last_ns, self._moved_ns = stamp_ns, now_ns
        if stamp_ns < self._due_ns:
            return None
        # From the due time and not from this frame: the mean rate then stays right. After a long
        # pause it starts again, without a burst.
        self._due_ns = max(self._due_ns, stamp_ns - self._period_ns) + self._period_ns
        return age_s

    def count_missed(self, stamp_ns: int | None, lasts_ns: int | None) -> int:
        """Return how many frames were missed between the last one and this; 0 if not known.

        *lasts_ns* is the duration of this frame. Call it before ``age_s``.
        """
        # The exposure changes the duration between frames. The longer one gives the lower count.
        longest_ns, self._lasted_ns = max(lasts_ns or 0, self._lasted_ns), lasts_ns or 0
        if not (stamp_ns and self._last_ns and longest_ns):
            return 0
        return max(round((stamp_ns - self._last_ns) / longest_ns) - 1, 0)

    def _check_stall(self, now_ns: int) -> None:
        still_s = (now_ns - self._moved_ns) / NS
        if still_s > self._stall_s:
            raise plugin.DeviceError(
                f"the camera repeats one frame for {still_s:.1f} s: it has stalled, check cable"
                " and power"
            )
