"""The only module that knows soxr exists."""

from typing import TypeAlias

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
        self._stream = None
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

    def feed(self, samples: Samples, *, last: bool = False) -> Samples:
        """Add *samples*; return those that are ready, perhaps none; with *last* all the rest."""
        if self._stream is None:
            return samples
        values = self._stream.resample_chunk(samples.astype(np.float32), last=last)
        rounded: Samples = np.clip(np.rint(values), -32768, 32767).astype(np.int16)
        return rounded

    @property
    def lag_s(self) -> float:
        """How many seconds the output is behind the input."""
        return float(self._stream.delay()) / plugin.SAMPLE_RATE if self._stream else 0.0

    def reset(self) -> None:
        """Forget the input so far: the stream was interrupted."""
        if self._stream is not None:
            self._stream.clear()
