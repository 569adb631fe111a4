"""The front-end of MLPerf Tiny's keyword spotter: ten cepstral coefficients per 20 ms."""

import numpy as np
from numpy.typing import NDArray

from edgenode import plugin
from edgenode.sense.plugins.front_ends.mel import MelScale, SlidingMel

BANDS = 40
COEFFICIENTS = 10
FLOOR = 1e-6


class Mfcc:
    """Turns windows of 1 s into [49, 10]; each is scaled to its own peak, as in training."""

    cut = plugin.Cut(window=16_000, hop=1_600)
    shape: tuple[int, ...] = (49, COEFFICIENTS)
    streams = False

    def __init__(self) -> None:
        self._mel = SlidingMel(MelScale(bands=BANDS, low_hz=20, high_hz=4000), frame=480, hop=320)
        orders, bands = np.arange(COEFFICIENTS), np.arange(BANDS)[:, np.newaxis]
        # The DCT-II with TensorFlow's scaling for MFCCs.
        cosines = 2.0 * np.cos(np.pi * orders * (2 * bands + 1) / (2 * BANDS))
        self._dct = (cosines / np.sqrt(2 * BANDS)).astype(np.float32)

    def reset(self) -> None:
        """Forget the previous window."""
        self._mel.reset()

    def features(self, audio: plugin.Audio) -> NDArray[np.float32]:
        """Return the coefficients of a window; for digital silence those of ``FLOOR``."""
        # The peak is the highest sample and not the largest absolute one, as in training. It is
        # counted from the mean: I2S microphones add an offset that may exceed quiet speech, and
        # with a negative one no sample is above 0. It scales the energies and not the samples:
        # windows with different peaks can then share frames.
        samples = audio.samples
        mean = samples.sum(dtype=np.int32) / len(samples)
        peak = np.float32(max(samples.max() - mean, 1.0))
        bands = self._mel.energies(audio) / peak
        bands += np.float32(FLOOR)
        coefficients: NDArray[np.float32] = np.log(bands, out=bands) @ self._dct
        return coefficients
