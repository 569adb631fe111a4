"""Reads recordings of sound of any kind as hops of one channel at 16 kHz."""

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from edgenode import plugin
from edgenode.sense.sources import _decoded_sound, _wav
from edgenode.sense.sources._reading import Piece, unreadable
from edgenode.sense.sources._resample import Resampler
from edgenode.sense.sources._sound_bytes import Ahead, Stretch
from edgenode.sense.sources._wav import CURE, Tell

SUFFIXES = frozenset(
    {
        *(".aac", ".ac3", ".aif", ".aiff", ".amr", ".ape", ".au", ".caf", ".flac"),
        *(".m4a", ".m4b", ".mka", ".mp2", ".mp3", ".oga", ".ogg", ".opus", ".snd"),
        *(".spx", ".tta", ".w64", ".wav", ".wave", ".wma", ".wv"),
    }
)
HOP = plugin.SAMPLE_RATE // 50

MEMORY = 0.98
"""What is left of the likeness of two channels after each stretch of about 20 ms: a second's."""


def is_sound(path: Path) -> bool:
    """Return whether *path* is named as sound is, or is a folder with such a file."""
    try:
        return bool(in_folder(path)) if path.is_dir() else path.suffix.lower() in SUFFIXES
    except (OSError, plugin.RecordingError):
        # It cannot be looked at, which is told where it is opened.
        return path.suffix.lower() in SUFFIXES


def in_folder(path: Path) -> list[Path]:
    """Return the files of sound in the folder *path*, in order of name."""
    try:
        files = sorted(path.iterdir())
    except OSError as error:
        raise unreadable(path, error.strerror, "check the folder's rights") from error
    return [file for file in files if file.suffix.lower() in SUFFIXES and not file.is_dir()]


def found(path: Path) -> list[Path]:
    """Return the files of sound in the folder *path*; for another path itself, also for a pipe.

    Raise ``RecordingError`` if there is nothing.
    """
    try:
        folder = path.is_dir()
        path.stat()
    except FileNotFoundError as error:
        raise unreadable(path, "there is no such file", "check the path") from error
    except OSError as error:
        raise unreadable(path, error.strerror, "check the path and its rights") from error
    files = in_folder(path) if folder else [path]
    if not files:
        raise unreadable(path, "there is no sound in this folder", "fill it, or name a file")
    return files


def read(path: Path, channel: int | None, tell: Tell) -> Iterator[Piece]:
    """Yield hops of ``HOP`` samples (the last may be shorter): int16 at ``SAMPLE_RATE``.

    Of several channels *channel* is heard, the first is 0; None: all, see ``Mixer``. *path* may be
    a pipe. *tell* is called with what was wrong without ending it.

    Raise ``RecordingError`` if the file is damaged, of unknown kind or plays nothing, if it has no
    such channel, or if a package that it needs is not installed.
    """
    rest, done = np.empty(0, np.int16), 0
    with _open(path) as file:
        for samples in _resampled(_stretches(file, path, tell), Mixer(path, channel), path):
            rest = np.concatenate((rest, samples))
            while len(rest) >= HOP:
                hop, rest = rest[:HOP], rest[HOP:]
                done += HOP
                yield _piece(hop, done)
    if len(rest):
        yield _piece(rest, done + len(rest))
    elif not done:
        raise unreadable(path, "there is no sound in it", "record it again, or name another file")


def _piece(hop: NDArray[np.int16], done: int) -> Piece:
    return Piece(hop, done / plugin.SAMPLE_RATE, done / plugin.SAMPLE_RATE)


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise unreadable(path, error.strerror, "check the path and the file's rights") from error


def _stretches(file: BinaryIO, path: Path, tell: Tell) -> Iterator[Stretch]:
    ahead = Ahead(file)
    try:
        start = ahead.peek(12)
        if not start:
            raise unreadable(path, "it is empty", CURE)
        read = _of_wav if _wav.is_wav(start) else _decoded
        yield from read(file, ahead, path, tell)
    except OSError as error:
        raise unreadable(path, error.strerror or error, "check its disk, copy it again") from error


def _of_wav(file: BinaryIO, ahead: Ahead, path: Path, tell: Tell) -> Iterator[Stretch]:
    try:
        yield from _wav.stretches(ahead, path, tell)
    except _wav.UnknownFormatError as unknown:
        try:
            yield from _decoded(file, ahead, path, tell)
        except plugin.RecordingError:
            raise unknown from None


def _decoded(file: BinaryIO, ahead: Ahead, path: Path, tell: Tell) -> Iterator[Stretch]:
    if not stat.S_ISREG(path.stat().st_mode):
        return _decoded_sound.stretches(ahead, path, tell)
    file.seek(0)
    return _decoded_sound.stretches(file, path, tell)


def _resampled(
    stretches: Iterator[Stretch], mixer: "Mixer", path: Path
) -> Iterator[NDArray[np.int16]]:
    rate, resampler = 0, None
    for stretch in stretches:
        if stretch.rate != rate or resampler is None:
            if resampler is not None:
                yield resampler.finish()
            rate, resampler = stretch.rate, _resampler(stretch.rate, path)
        yield resampler.feed(mixer.mono(stretch.frames))
    if resampler is not None:
        yield resampler.finish()


def _resampler(rate: int, path: Path) -> Resampler:
    try:
        return Resampler(rate)
    except plugin.DeviceError as error:
        raise plugin.RecordingError(f"recording {str(path)!r}: {error}") from error


class Mixer:
    """Makes one channel of several: the one chosen, or the mean of all.

    In the mean two channels of opposite phase, as of a balanced line that was taken for stereo,
    would cancel each other: a channel that is the negative of the loudest one is turned before.
    """

    def __init__(self, path: Path, channel: int | None) -> None:
        self._path = path
        self._channel = channel
        self._likeness = np.zeros((0, 0), np.float32)

    def mono(self, frames: NDArray[np.int16]) -> NDArray[np.int16]:
        """Return the channel of int16 [frames, channels]; raise ``RecordingError`` without it."""
        count = frames.shape[1]
        if self._channel is not None and self._channel >= count:
            fault = f"it has no channel {self._channel}, only {count}, the first is 0"
            raise unreadable(self._path, fault, "set another `channel`, or none")
        if self._channel is not None or count == 1:
            return np.ascontiguousarray(frames[:, self._channel or 0])
        mean = frames.astype(np.float32) @ self._weights(frames)
        mono: NDArray[np.int16] = np.rint(mean).astype(np.int16)
        return mono

    def _weights(self, frames: NDArray[np.int16]) -> NDArray[np.float32]:
        count = frames.shape[1]
        if len(self._likeness) != count:
            self._likeness = np.zeros((count, count), np.float32)
        values = frames.astype(np.float32) / 32768
        self._likeness = self._likeness * np.float32(MEMORY) + values.T @ values
        loudness = np.sqrt(self._likeness.diagonal())
        loudest = int(loudness.argmax())
        opposite = self._likeness[loudest] < -0.5 * loudness * loudness[loudest]
        turned = np.where(opposite, -1, 1)
        # The first channel is never turned, so that another loudest one does not turn all.
        weights: NDArray[np.float32] = (turned * turned[0] / count).astype(np.float32)
        return weights
