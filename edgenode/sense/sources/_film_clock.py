"""Tells the time in a film by a clock of our own: what the file says may step back or far ahead."""

LONGEST_STEP_S = 10.0
"""A longer step from one frame to the next is not believed."""

PLAUSIBLE_LASTS_S = (0.001, 100.0)
USUAL_LASTS_S = 0.04


class FilmClock:
    """Counts the seconds from the first frame of a film on.

    A frame's time is believed as far as it follows that of the frame before by 0 to
    ``LONGEST_STEP_S`` (or three frames, if these are slower). Otherwise the film goes on after one
    frame's length, and the file's time is counted from there. A frame without a time lasts as long
    as the others.

    Attributes:
        at_s: the time of the latest frame.
        lasts_s: how long one frame is shown, by the film's mean rate.
        jumps: how many times were not believed.
    """

    def __init__(self, rate_hz: float) -> None:
        """*rate_hz*: frames per second; 0 if the file does not say. An absurd one is not used."""
        shortest, longest = PLAUSIBLE_LASTS_S
        lasts_s = 1.0 / rate_hz if rate_hz > 0 else USUAL_LASTS_S
        self.lasts_s = lasts_s if shortest <= lasts_s <= longest else USUAL_LASTS_S
        self.at_s = 0.0
        self.jumps = 0
        self._begun = False
        self._time_s: float | None = None
        self._counted_s = 0.0

    def advance(self, time_s: float | None) -> float:
        """Return the time of the next frame; *time_s*: as the file has it, if it does."""
        if self._begun:
            self.at_s += self._step_s(time_s)
        self._begun = True
        if time_s is not None:
            self._time_s, self._counted_s = time_s, 0.0
        return self.at_s

    def _step_s(self, time_s: float | None) -> float:
        if time_s is None:
            self._counted_s += self.lasts_s
            return self.lasts_s
        if self._time_s is None:
            return self.lasts_s
        step_s = time_s - self._time_s - self._counted_s
        if 0 <= step_s <= max(LONGEST_STEP_S, 3 * self.lasts_s):
            return step_s
        # Frames without a time were shown a little longer than this one allows.
        if -self._counted_s <= step_s < 0:
            return 0.0
        self.jumps += 1
        return self.lasts_s
