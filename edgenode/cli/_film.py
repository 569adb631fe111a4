"""Writes films of drawn frames: the only module of the commands that knows PyAV exists."""

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from edgenode.errors import ConfigError
from edgenode.plugin import Tensor

if TYPE_CHECKING:
    from av.container import OutputContainer
    from av.video.stream import VideoStream

CLOCK_HZ = 1000
CODECS = ("libx264", "mpeg4")
"""The encoders that are tried: not every build of ffmpeg has the first."""


class Film:
    """An MP4 file that grows frame by frame; each is shown until the next.

    Its methods raise ``OSError`` where the file cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._written: tuple[OutputContainer, VideoStream] | None = None
        self._latest = -1

    def add(self, pixels: Tensor, at_s: float) -> None:
        """Add *pixels*, uint8 [height, width, 3], as large as the first, from second *at_s* on."""
        import av

        try:
            if self._written is None:
                self._written = _begin(self._path, pixels.shape[1], pixels.shape[0])
            container, stream = self._written
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), "rgb24")
            # With colours at half the size no side may be odd.
            frame = frame.reformat(stream.width, stream.height, "yuv420p")
            self._latest = frame.pts = max(round(at_s * CLOCK_HZ), self._latest + 1)
            frame.time_base = Fraction(1, CLOCK_HZ)
            container.mux(stream.encode(frame))
        except av.FFmpegError as error:
            raise OSError(error.errno, error.strerror) from error

    def close(self) -> None:
        """Write what is not written yet, and close the file."""
        import av

        if self._written is None:
            return
        (container, stream), self._written = self._written, None
        try:
            with container:
                container.mux(stream.encode(None))
        except av.FFmpegError as error:
            raise OSError(error.errno, error.strerror) from error


def _begin(path: Path, width: int, height: int) -> tuple["OutputContainer", "VideoStream"]:
    import av

    codec = next((name for name in CODECS if name in av.codecs_available), None)
    if codec is None:
        cure = "ask for pictures with --frames"
        raise ConfigError([f"--draw: this ffmpeg has no encoder for {str(path)!r}; {cure}"])
    container = av.open(f"file:{path}", "w", format="mp4")
    stream = cast("VideoStream", container.add_stream(codec, rate=Fraction(25)))
    stream.width, stream.height = width + width % 2, height + height % 2
    stream.pix_fmt = "yuv420p"
    stream.bit_rate = 0
    stream.time_base = Fraction(1, CLOCK_HZ)
    return container, stream
