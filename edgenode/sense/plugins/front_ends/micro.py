"""The only module that knows pymicro_features exists: TensorFlow's front-end for microcontrollers.

Its noise reduction and gain control depend on all audio so far, and so does the model.
"""

import numpy as np
from numpy.typing import NDArray

from edgenode import plugin

STEP = 160
BYTES = 2 * STEP
BANDS = 40


class MicroFrontend:
    """Turns hops of a few steps of 10 ms into [steps, 40]."""

    streams = True

    def __init__(self, *, steps: int) -> None:
        """Raise ``PluginError`` if the package is not installed."""
        self.cut = plugin.Cut(window=steps * STEP, hop=steps * STEP)
        self.shape: tuple[int, ...] = (steps, BANDS)
        self.reset()

    def reset(self) -> None:
        """Start again: forget noise and gain."""
        try:
            from pymicro_features import MicroFrontend as Steps
        except ImportError as error:
            raise plugin.PluginError(
                'no package "pymicro_features" for this model\'s front-end;'
                " pip install edgenode[audio]"
            ) from error
        self._step = Steps().process_samples

    def features(self, audio: plugin.Audio) -> NDArray[np.float32] | None:
        """Return the features; None for the first hop, whose first frame would start before it."""
        samples, step = audio.samples.tobytes(), self._step
        rows = [step(samples[at : at + BYTES]).features for at in range(0, len(samples), BYTES)]
        return np.array(rows, np.float32) if rows[0] else None
