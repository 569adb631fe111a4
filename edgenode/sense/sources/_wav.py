"""Reads WAV files and streams: the sizes in the header count for less than what is there."""

import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from edgenode import plugin
from edgenode.sense.sources._reading import unreadable
from edgenode.sense.sources._sound_bytes import Ahead, Stretch, sixteen_bits

MAGIC = (b"RIFF", b"RF64", b"BW64")
"""How a WAV begins: RF64 and BW64 (EBU Tech 3306, ITU-R BS.2088) have sizes of 64 bits."""

CURE = "convert it: ffmpeg -i IN -c:a pcm_s16le OUT.wav"

PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE
UNKNOWN_SIZE = 0x7FFFF000
"""Sizes from here on mean "not known": so sox, arecord and ffmpeg write them into a pipe."""

CHUNKS = {b"data", b"fmt ", b"LIST", b"fact", b"bext", b"cue ", b"JUNK", b"PEAK", b"id3 "}
"""Names of chunks. One of them right after a chunk of odd length: its pad byte is missing."""


class UnknownFormatError(plugin.RecordingError):
    """Raised for a WAV whose samples are compressed, or of a size that is not read here."""


Tell = Callable[[str], None]

_chunk, _format = struct.Struct("<4sI"), struct.Struct("<HHIIHH")


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


def is_wav(start: bytes) -> bool:
    """Return whether a file whose first twelve bytes are *start* is a WAV."""
    return start[:4] in MAGIC and start[8:12] == b"WAVE"


def stretches(file: Ahead, path: Path, tell: Tell) -> Iterator[Stretch]:
    """Yield the sound in pieces of 20 ms.

    What the header says of the size is believed only where it fits: a size that was never filled in
    (0, or from ``UNKNOWN_SIZE`` on), too large or too small a one end where the sound ends. *tell*
    is called where that differs. Raise ``RecordingError`` for what is no WAV, and
    ``UnknownFormatError`` before any sound.
    """
    form, declared = _header(file, path)
    found, left = 0, declared
    while data := file.read(_wanted(form, left)):
        found += len(data)
        whole = len(data) - len(data) % form.frame_bytes
        if whole:
            yield Stretch(form.rate, _channels(data[:whole], form))
        if left is not None:
            left -= len(data)
        if left == 0:
            if _is_end(file):
                return
            left = None
    # Nothing at all is an error of its own.
    if found and declared is not None and found != declared:
        tell(f"its header tells of {declared} bytes of sound, {found} are there and were played")


def _wanted(form: Format, left: int | None) -> int:
    block = max(form.rate // 50, 1) * form.frame_bytes
    return block if left is None else min(block, left)


def _header(file: Ahead, path: Path) -> tuple[Format, int | None]:
    """Return the format and the number of bytes of sound, None for unknown.

    *file* is then at the first byte of sound.
    """
    start = file.read(12)
    if not start:
        raise unreadable(path, "it is empty", CURE)
    if not is_wav(start):
        raise unreadable(path, "it is not a WAV file", CURE)
    form, long_size = None, None
    while len(head := file.read(_chunk.size)) == _chunk.size:
        name, size = _chunk.unpack(head)
        if name == b"data":
            if form is None:
                raise unreadable(path, "its sound has no format", CURE)
            return form, _declared(file, size, long_size)
        body = file.read(min(size, 64))
        if name == b"fmt ":
            form = _parse_format(body, path)
        if name == b"ds64" and len(body) >= 16:  # noqa: PLR2004 two sizes
            (long_size,) = struct.unpack_from("<Q", body, 8)
        file.skip(size - len(body) + _padding(file, size, len(body)))
    raise unreadable(path, "there is no sound in it", CURE)


def _padding(file: Ahead, size: int, read: int) -> int:
    """Return how many bytes of padding follow a chunk of *size* bytes, *read* of them read."""
    # Chunks have an even length; an odd size is followed by a byte, which some writers forget.
    if size % 2 == 0:
        return 0
    return 1 if size > read else int(file.peek(4) not in CHUNKS)


def _declared(file: Ahead, size: int, long_size: int | None) -> int | None:
    if size == 0xFFFFFFFF and long_size:  # noqa: PLR2004 the sign that the size is in ds64
        return long_size
    if size >= UNKNOWN_SIZE or (size == 0 and not _is_end(file)):
        return None
    return size


def _is_end(file: Ahead) -> bool:
    """Return whether the end or another chunk comes next, and not more sound."""
    ahead = file.peek(9)
    return len(ahead) < _chunk.size or _is_name(ahead[:4]) or _is_name(ahead[1:5])


def _is_name(name: bytes) -> bool:
    return name.isascii() and name.decode("ascii").isprintable()


def _parse_format(body: bytes, path: Path) -> Format:
    if len(body) < _format.size:
        raise unreadable(path, "its format is cut short", CURE)
    code, channels, rate, _, _, bits = _format.unpack_from(body)
    if code == EXTENSIBLE and len(body) >= 26:  # noqa: PLR2004 the code is in the GUID's first bytes
        (code,) = struct.unpack_from("<H", body, 24)
    # 12 bits, for one, lie in the upper ones of 16.
    held = -(-bits // 8) * 8
    known = {PCM: (8, 16, 24, 32), FLOAT: (32, 64)}
    if held not in known.get(code, ()) or not channels or not 1000 <= rate <= 768_000:  # noqa: PLR2004
        fault = f"format {code} of {channels}x{bits} bit at {rate} Hz is unknown"
        raise UnknownFormatError(*unreadable(path, fault, CURE).args)
    return Format(code, channels, rate, held)


def _channels(data: bytes, form: Format) -> NDArray[np.int16]:
    """Return [frames, channels]."""
    if form.code == FLOAT:
        samples = sixteen_bits(np.frombuffer(data, f"<f{form.bits // 8}"))
    elif form.bits == 8:  # noqa: PLR2004 bytes are unsigned
        samples = sixteen_bits(np.frombuffer(data, np.uint8))
    else:
        rows = np.frombuffer(data, np.uint8).reshape(-1, form.bits // 8)
        samples = np.ascontiguousarray(rows[:, -2:]).view("<i2")[:, 0]
    return samples.reshape(-1, form.channels)
