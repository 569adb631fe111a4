"""Makes recordings of sound: WAVs byte by byte, and what ffmpeg can encode. Also for the fuzzer."""

import io
import struct
from collections.abc import Iterable
from typing import NamedTuple

import av
import numpy as np
from numpy.typing import NDArray

RATE = 16_000
EXTENSIBLE = 0xFFFE
SUBFORMAT = bytes.fromhex("000000001000800000aa00389b71")

ENCODED = {
    "a.mp3": ("libmp3lame", "mp3"),
    "a.m4a": ("aac", "ipod"),
    "a.flac": ("flac", "flac"),
    "a.ogg": ("libopus", "ogg"),
    "a.opus": ("libopus", "ogg"),
    "a.aiff": ("pcm_s16be", "aiff"),
    "a.w64": ("pcm_s16le", "w64"),
    "a.mka": ("pcm_s24le", "matroska"),
}
"""By name of a file: the codec and the container of ffmpeg."""


class Header(NamedTuple):
    """The parts of a WAV that may be wrong.

    Attributes:
        size: as declared for the sound; None: as it is.
        long_size: the same in a chunk ``ds64``; None: there is no such chunk.
        before, after: chunks around the sound, name and content.
        padded: whether a chunk of odd length is followed by a byte.
        bits: of each sample, or what the header tells of it.
        extensible: whether the format is told by a GUID.
    """

    magic: bytes = b"RIFF"
    size: int | None = None
    long_size: int | None = None
    before: tuple[tuple[bytes, bytes], ...] = ()
    after: tuple[tuple[bytes, bytes], ...] = ()
    padded: bool = True
    code: int = 1
    channels: int = 1
    rate: int = RATE
    bits: int = 16
    extensible: bool = False


def wav(data: bytes, header: Header = Header()) -> bytes:  # noqa: B008 frozen value
    """Return a WAV of *data* as it is."""
    size = len(data) if header.size is None else header.size
    long_size = header.long_size
    ds64 = () if long_size is None else ((b"ds64", struct.pack("<QQQI", 0, long_size, 0, 0)),)
    before = (*ds64, (b"fmt ", _format(header)), *header.before)
    head = b"".join(_chunk(*each, padded=header.padded) for each in before)
    tail = b"".join(_chunk(*each, padded=header.padded) for each in header.after)
    pad = b"\0" * (len(data) % 2 if header.after and header.padded else 0)
    body = b"WAVE" + head + b"data" + struct.pack("<I", size) + data + pad + tail
    return header.magic + struct.pack("<I", len(body)) + body


def encoded(name: str, samples: NDArray[np.int16], rate: int = RATE) -> bytes:
    """Return int16 *samples*, [n] or [n, 2], as ``ENCODED`` says of *name*."""
    codec, container = ENCODED[name]
    stereo = samples.ndim == 2
    file = io.BytesIO()
    with av.open(file, "w", format=container) as output:
        stream = output.add_stream(codec, rate=rate)
        stream.layout = "stereo" if stereo else "mono"
        frame = av.AudioFrame.from_ndarray(
            samples.reshape(1, -1), format="s16", layout=stream.layout.name
        )
        frame.sample_rate = rate
        resampler = av.AudioResampler(stream.format, stream.layout, rate, stream.frame_size or 1024)
        for part in (*resampler.resample(frame), *resampler.resample(None)):
            output.mux(stream.encode(part))
        output.mux(stream.encode(None))
    return file.getvalue()


def tone(hertz: float, seconds: float, rate: int = RATE) -> NDArray[np.int16]:
    """Return a tone of half the full scale."""
    at = np.arange(round(seconds * rate)) / rate
    return (16_000 * np.sin(2 * np.pi * hertz * at)).astype(np.int16)


def strongest(samples: Iterable[int] | NDArray[np.int16]) -> float:
    """Return the frequency with the most energy, of samples at 16 kHz."""
    heard = np.asarray(samples, np.float64)
    energy = np.abs(np.fft.rfft(heard * np.hanning(len(heard))))
    return float(energy.argmax()) * RATE / len(heard)


def _format(header: Header) -> bytes:
    frame = header.channels * -(-header.bits // 8)
    outer = EXTENSIBLE if header.extensible else header.code
    body = struct.pack(
        "<HHIIHH", outer, header.channels, header.rate, header.rate * frame, frame, header.bits
    )
    if header.extensible:
        body += struct.pack("<HHIH", 22, header.bits, 0, header.code) + SUBFORMAT
    return body


def _chunk(name: bytes, content: bytes, *, padded: bool) -> bytes:
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2 * padded)
