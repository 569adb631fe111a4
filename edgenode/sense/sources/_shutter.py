"""What the time stamps of a camera say: fresh, repeated, too early or a stall. No hardware."""

import time

from edgenode import plugin

NS = 1_000_000_000


class Shutter:
    """Judges one frame after another by the sensor's clock.

    Sensor time stamps are nanoseconds of the monotonic clock, taken as the first line is exposed.
    """

    def __init__(self, stall_s: float, rate_hz: float | None) -> None:
        self._stall_s = stall_s
        self._period_ns = NS / rate_hz if rate_hz else 0.0
        self._due_ns = 0.0
        self._last_ns = 0
        self._lasted_ns = 0
        self._moved_ns = time.monotonic_ns()

    def age_s(self, stamp_ns: int | None) -> float | None:
        """Return how old the frame is, None if it is to be skipped: seen already, or not yet due.

        Raise ``DeviceError`` when frames are older than ``stall_s``, or their time has stood still
        for as long. A frame without a time stamp counts as taken now.
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
            self._insist_on_movement(now_ns)
            return None
        self._last_ns, self._moved_ns = stamp_ns, now_ns
        if stamp_ns < self._due_ns:
            return None
        self._due_ns = max(self._due_ns, stamp_ns - self._period_ns) + self._period_ns
        return age_s

    def count_missed(self, stamp_ns: int | None, lasts_ns: int | None) -> int:
        """Return how many frames came between the last one and this, which *lasts_ns*; 0: unknown.

        To be called before ``age_s``.
        """
        # Exposure changes the duration from one frame to the next: the longer one misses less.
        longest_ns, self._lasted_ns = max(lasts_ns or 0, self._lasted_ns), lasts_ns or 0
        if not (stamp_ns and self._last_ns and longest_ns):
            return 0
        return max(round((stamp_ns - self._last_ns) / longest_ns) - 1, 0)

    def _insist_on_movement(self, now_ns: int) -> None:
        still_s = (now_ns - self._moved_ns) / NS
        if still_s > self._stall_s:
            raise plugin.DeviceError(
                f"the camera repeats one frame for {still_s:.1f} s: it has stalled, check cable"
                " and power"
            )
