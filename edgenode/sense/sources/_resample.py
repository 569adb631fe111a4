"""The only module that knows soxr exists."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from edgenode import plugin

Samples: TypeAlias = NDArray[np.int16]


class Resampler:
    """Brings mono int16 from *rate* to ``SAMPLE_RATE``; at that rate already, nothing is touched.

    It works in floating point, so that digital silence stays so: soxr dithers integers.
    """

    def __init__(self, rate: int) -> None:
        """Raise ``DeviceError`` when soxr is needed and absent."""
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
        """Return what is ready, which may be nothing; with *last*, all the rest."""
        if self._stream is None:
            return samples
        values = self._stream.resample_chunk(samples.astype(np.float32), last=last)
        rounded: Samples = np.clip(np.rint(values), -32768, 32767).astype(np.int16)
        return rounded

    @property
    def lag_s(self) -> float:
        """How far what came out is behind what went in."""
        return float(self._stream.delay()) / plugin.SAMPLE_RATE if self._stream else 0.0

    def reset(self) -> None:
        """Forget what went in: the stream was interrupted."""
        if self._stream is not None:
            self._stream.clear()
