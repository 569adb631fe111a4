"""The only module that knows soxr exists."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from edgenode import plugin

Samples: TypeAlias = NDArray[np.int16]


class Resampler:
    """Resamples mono int16 from *rate* to ``SAMPLE_RATE``; equal rates change nothing.

    It computes in floating point: soxr adds noise (dither) to integers, and digital silence must
    stay zero.
    """

    def __init__(self, rate: int) -> None:
        """Raise ``DeviceError`` if soxr is needed and not installed."""
        self._stream: Any = None
        if rate == plugin.SAMPLE_RATE:
            return
        try:
            from soxr import ResampleStream
        except ImportError as error:
            raise plugin.DeviceError(
                f"sound at {rate} Hz must be resampled, which needs soxr:"
                " pip install 'edgenode[audio]'"
            ) from error
        self._stream = ResampleStream(rate, plugin.SAMPLE_RATE, 1, dtype="float32", quality="HQ")

    def feed(self, samples: Samples) -> Samples:
        """Add *samples*; return those that are ready, perhaps none."""
        return samples if self._stream is None else self._take(samples, last=False)

    def finish(self) -> Samples:
        """Return the rest of what was fed, and start anew: the stream was interrupted or ended."""
        nothing = np.empty(0, np.int16)
        if self._stream is None:
            return nothing
        rest = self._take(nothing, last=True)
        self._stream.clear()
        return rest

    def _take(self, samples: Samples, *, last: bool) -> Samples:
        values = self._stream.resample_chunk(samples.astype(np.float32), last=last)
        rounded: Samples = np.clip(np.rint(values), -32768, 32767).astype(np.int16)
        return rounded

    @property
    def lag_s(self) -> float:
        """How many seconds the output is behind the input."""
        return float(self._stream.delay()) / plugin.SAMPLE_RATE if self._stream else 0.0
