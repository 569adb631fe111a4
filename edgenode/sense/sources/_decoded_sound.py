"""Reads the sound of all files that ffmpeg can decode: mp3, m4a, flac, ogg, opus, a film's."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from edgenode import plugin
from edgenode.sense.sources._reading import unreadable
from edgenode.sense.sources._sound_bytes import Stretch, sixteen_bits
from edgenode.sense.sources._wav import CURE, Tell

if TYPE_CHECKING:
    from av import AudioFrame, Packet
    from av.container import InputContainer


SHORT = 0.75
"""A smaller share of the length that a file tells is damage; some formats only estimate it."""


def stretches(file: Any, path: Path, tell: Tell) -> Iterator[Stretch]:  # noqa: ANN401 anything that is read
    """Yield the sound of *file*, at its first byte; of several streams the best one.

    What cannot be decoded in between is left out, and counted to *tell*. Raise ``RecordingError``
    if no sound can be, or PyAV is not installed.
    """
    try:
        import av
    except ImportError as error:
        cure = f"pip install 'edgenode[demo]', or {CURE}"
        raise unreadable(path, "it is not a WAV file, and all others need PyAV", cure) from error
    started = False
    try:
        # A title need not be in UTF-8.
        with av.open(file, metadata_errors="ignore") as container:
            for stretch in _decoded(container, path, tell):
                started = True
                yield stretch
    except plugin.RecordingError:
        raise
    except (av.FFmpegError, ValueError, MemoryError) as error:
        fault = getattr(error, "strerror", None) or error
        if isinstance(error, av.InvalidDataError):
            wav = path.suffix.lower() in (".wav", ".wave")
            fault = "it is not a WAV file" if wav else "it is damaged, or nothing that ffmpeg knows"
        if not started:
            raise unreadable(path, fault, CURE) from error
        tell(f"it is damaged and was played as far as it can be read: {fault}")


def _decoded(container: "InputContainer", path: Path, tell: Tell) -> Iterator[Stretch]:
    stream = container.streams.best("audio")
    if stream is None:
        raise unreadable(path, "there is no sound in it", CURE)
    damaged, played_s = 0, 0.0
    for packet in container.demux(stream):
        frames = _frames(packet)
        damaged += frames is None
        for frame in frames or ():
            if frame.samples and 1000 <= frame.sample_rate <= 768_000:  # noqa: PLR2004 as of a WAV
                yield Stretch(frame.sample_rate, _channels(frame))
                played_s += frame.samples / frame.sample_rate
    if damaged:
        tell(f"{damaged} pieces of it are damaged and were left out")
    told_s = float((stream.duration or 0) * (stream.time_base or 0))
    told_s = told_s or (container.duration or 0) / 1e6
    if played_s < SHORT * told_s:
        tell(f"it tells of {told_s:.1f} s of sound, {played_s:.1f} s could be decoded")


def _frames(packet: "Packet[Any]") -> "list[AudioFrame] | None":
    """Return what is in *packet*; None if it is damaged."""
    from av import FFmpegError

    try:
        return cast("list[AudioFrame]", packet.decode())
    except FFmpegError:
        return None


def _channels(frame: "AudioFrame") -> NDArray[np.int16]:
    """Return [frames, channels]."""
    samples = sixteen_bits(frame.to_ndarray())
    return samples.T if frame.format.is_planar else samples.reshape(frame.samples, -1)
