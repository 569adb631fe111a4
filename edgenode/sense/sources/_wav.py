"""Reads WAV files, including formats that the module ``wave`` of Python does not know."""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from edgenode import plugin
from edgenode.sense.sources._reading import Piece, unreadable
from edgenode.sense.sources._resample import Resampler

SUFFIXES = frozenset({".wav", ".wave"})
HOP = plugin.SAMPLE_RATE // 50
CURE = "convert it: ffmpeg -i IN -c:a pcm_s16le OUT.wav"

PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE
UNKNOWN_SIZE = 0x7FFFFFFF
"""Sizes from here on mean "not known": the writer could not go back and fill it in."""

_riff, _chunk, _format = struct.Struct("<4sI4s"), struct.Struct("<4sI"), struct.Struct("<HHIIHH")


class Format(NamedTuple):
    """The format of the samples: ``code`` is ``PCM`` or ``FLOAT``."""

    code: int
    channels: int
    rate: int
    bits: int

    @property
    def frame_bytes(self) -> int:
        """Bytes of one sample of every channel."""
        return self.channels * self.bits // 8


def read(path: Path) -> Iterator[Piece]:
    """Yield hops of ``HOP`` samples (the last may be shorter): mono, int16, ``SAMPLE_RATE``.

    Channels are averaged. Raise ``RecordingError`` if the file is damaged, empty or of an unknown
    format, or if soxr is needed and not installed.
    """
    with _open(path) as file:
        form, size = _header(file, path)
        resampler = _resampler(form.rate, path)
        rest, done = np.empty(0, np.int16), 0
        for samples in _resampled(file, form, size, resampler):
            rest = np.concatenate((rest, samples))
            while len(rest) >= HOP:
                hop, rest = rest[:HOP], rest[HOP:]
                done += HOP
                yield _piece(hop, done)
        if len(rest):
            yield _piece(rest, done + len(rest))


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise unreadable(path, error.strerror, "check the path and the file's rights") from error


def _piece(hop: NDArray[np.int16], done: int) -> Piece:
    return Piece(hop, done / plugin.SAMPLE_RATE, done / plugin.SAMPLE_RATE)


def _resampler(rate: int, path: Path) -> Resampler:
    try:
        return Resampler(rate)
    except plugin.DeviceError as error:
        raise plugin.RecordingError(f"recording {str(path)!r}: {error}") from error


def _resampled(
    file: BinaryIO, form: Format, size: int, resampler: Resampler
) -> Iterator[NDArray[np.int16]]:
    size -= size % form.frame_bytes
    while size:
        wanted = min(form.rate // 50 * form.frame_bytes, size)
        data = file.read(wanted)
        if len(data) < wanted:
            raise unreadable(file.name, "it was cut short while it was read", "copy it again")
        size -= wanted
        yield resampler.feed(_mono(data, form), last=not size)


def _mono(data: bytes, form: Format) -> NDArray[np.int16]:
    channels = _int16(data, form).reshape(-1, form.channels)
    if form.channels == 1:
        return channels[:, 0]
    mean: NDArray[np.int16] = (channels.sum(axis=1, dtype=np.int32) // form.channels).astype(
        np.int16
    )
    return mean


def _int16(data: bytes, form: Format) -> NDArray[np.int16]:
    """Return the 16 most significant bits of each sample."""
    if form.code == FLOAT:
        values = np.frombuffer(data, f"<f{form.bits // 8}")
        return (np.clip(np.nan_to_num(values), -1.0, 1.0) * 32767.0).astype(np.int16)
    if form.bits == 8:  # noqa: PLR2004 bytes are unsigned
        return (np.frombuffer(data, np.uint8).astype(np.int16) - 128) << 8
    rows = np.frombuffer(data, np.uint8).reshape(-1, form.bits // 8)
    return np.ascontiguousarray(rows[:, -2:]).view("<i2")[:, 0]


def _header(file: BinaryIO, path: Path) -> tuple[Format, int]:
    """Return the format and the number of bytes of sound; *file* is then at the first byte."""
    start = file.read(_riff.size)
    if not start:
        raise unreadable(path, "it is empty", CURE)
    if len(start) < _riff.size or _riff.unpack(start)[::2] != (b"RIFF", b"WAVE"):
        raise unreadable(path, "it is not a WAV file", CURE)
    form = None
    while len(head := file.read(_chunk.size)) == _chunk.size:
        name, size = _chunk.unpack(head)
        if name == b"data":
            if form is None:
                raise unreadable(path, "its sound has no format", CURE)
            return form, _sound_size(file, path, size)
        body_at = file.tell()
        if name == b"fmt ":
            form = _parse_format(file.read(min(size, 64)), path)
        # Chunks have an even length; an odd size is followed by one byte of padding.
        file.seek(body_at + size + size % 2)
    raise unreadable(path, "there is no sound in it", CURE)


def _sound_size(file: BinaryIO, path: Path, declared: int) -> int:
    present = path.stat().st_size - file.tell()
    if declared >= UNKNOWN_SIZE:
        declared = present
    if not declared:
        raise unreadable(path, "there is no sound in it", CURE)
    if declared > present:
        raise unreadable(
            path, f"it is cut short, {present} of {declared} bytes of sound", "copy it again"
        )
    return declared


def _parse_format(body: bytes, path: Path) -> Format:
    if len(body) < _format.size:
        raise unreadable(path, "its format is cut short", CURE)
    code, channels, rate, _, _, bits = _format.unpack_from(body)
    if code == EXTENSIBLE and len(body) >= 26:  # noqa: PLR2004 the code is in the GUID's first bytes
        (code,) = struct.unpack_from("<H", body, 24)
    known = {PCM: (8, 16, 24, 32), FLOAT: (32, 64)}
    if bits not in known.get(code, ()) or not channels or not 1000 <= rate <= 768_000:  # noqa: PLR2004
        raise unreadable(
            path, f"format {code} of {channels}x{bits} bit at {rate} Hz is unknown", CURE
        )
    return Format(code, channels, rate, bits)
