"""Progress: one line every ten seconds says what is being done, how far it is, how long it takes.

What is shown may depend on the clock; nothing else in a recipe does.
"""

import time

EVERY_S = 10.0


class Progress:
    """Tells how far one step of a recipe is; made when the step begins, called as it goes on."""

    def __init__(self, step: str) -> None:
        self._step = step
        self._began = self._told = time.monotonic()

    def __call__(self, done: int, of: int, note: str = "") -> None:
        """Tell that *done* of so many is done, and *note*, at the end and every ten seconds."""
        now = time.monotonic()
        if done < of and now - self._told < EVERY_S:
            return
        self._told = now
        took = now - self._began
        rest = "done" if done >= of else f"{took * (of - done) / max(done, 1):.0f} s left"
        print(f"{self._step}: {done} of {of}, {took:.0f} s, {rest}{note}", flush=True)
