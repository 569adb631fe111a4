"""Mel-band energies of a sliding window, each frame computed once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgenode import plugin

BREAK_HZ = 700.0
SLOPE = 1127.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MelScale:
    """``bands`` triangular filters, evenly spaced in mel between two frequencies (HTK formula)."""

    bands: int
    low_hz: float
    high_hz: float

    def weights(self, fft: int) -> NDArray[np.float32]:
        """Return weights [bins, bands] for an FFT's bins up to ``high_hz``; bin 0 has weight 0."""
        bins = int(self.high_hz * fft / plugin.SAMPLE_RATE) + 1
        mels = _mel(np.arange(bins) * plugin.SAMPLE_RATE / fft)[:, np.newaxis]
        edges = np.linspace(_mel(self.low_hz), _mel(self.high_hz), self.bands + 2)
        low, centre, high = edges[:-2], edges[1:-1], edges[2:]
        rising, falling = (mels - low) / (centre - low), (high - mels) / (high - centre)
        weights = np.maximum(0.0, np.minimum(rising, falling))
        weights[0] = 0.0
        return weights.astype(np.float32)


def _mel(hz: float | NDArray[np.float64]) -> NDArray[np.float64]:
    mels: NDArray[np.float64] = SLOPE * np.log1p(np.asarray(hz) / BREAK_HZ)
    return mels


class SlidingMel:
    """Magnitude spectra of Hann-windowed frames, pooled into mel bands.

    Consecutive windows share most of their frames. The energies of the previous window are kept and
    only new frames are computed, as long as windows advance by whole frames.
    """

    def __init__(self, scale: MelScale, *, frame: int, hop: int) -> None:
        """Take *frame* and *hop* in samples; spectra are zero-padded to a power of two."""
        self._fft = 1 << (frame - 1).bit_length()
        self._weights = scale.weights(self._fft)
        # The periodic Hann window: one sample longer than the symmetric one, without its last.
        self._hann = np.hanning(frame + 1)[:-1].astype(np.float32)
        self._hop = hop
        self.reset()

    def reset(self) -> None:
        """Forget the previous window."""
        self._energies = np.zeros((0, self._weights.shape[1]), np.float32)
        self._position = 0

    def energies(self, audio: plugin.Audio) -> NDArray[np.float32]:
        """Return energies [frames, bands] in units of the samples. Do not change them."""
        known = len(self._energies)
        new, rest = divmod(audio.position - self._position, self._hop)
        if rest or not 0 < new < known:
            self._energies = self._pool(audio.samples)
        else:
            fresh = self._pool(audio.samples[(known - new) * self._hop :])
            self._energies = np.concatenate((self._energies[new:], fresh))
        self._position = audio.position
        return self._energies

    def _pool(self, samples: NDArray[np.int16]) -> NDArray[np.float32]:
        # As `sliding_window_view(...)[::hop]`, which takes longer than all else for a few frames.
        frame, hop, size = len(self._hann), self._hop, samples.itemsize
        shape, strides = ((len(samples) - frame) // hop + 1, frame), (hop * size, size)
        whole = np.ascontiguousarray(samples)
        frames: NDArray[np.int16] = np.ndarray(shape, whole.dtype, whole, 0, strides)
        spectra = np.fft.rfft(_centred(frames) * self._hann, self._fft)[:, : len(self._weights)]
        energies: NDArray[np.float32] = np.abs(spectra.astype(np.complex64)) @ self._weights
        return energies


def _centred(frames: NDArray[np.int16]) -> NDArray[np.float32]:
    """Return *frames* with the mean of each removed where it exceeds the standard deviation.

    So large a mean is the offset of a microphone, which would hide quiet sound: a Hann window lets
    it into many bands. A smaller one belongs to the sound, and models were trained with it.
    """
    values = frames.astype(np.float32)
    count = np.float32(values.shape[1])
    total, squares = values.sum(axis=1), np.einsum("ij,ij->i", values, values)
    # Squared, and both times the count squared: mean² > deviation² = mean of squares - mean².
    offset = (2 * total * total > count * squares).nonzero()[0]
    if len(offset):
        values[offset] -= (total[offset] / count)[:, np.newaxis]
    return values
