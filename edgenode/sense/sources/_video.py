"""Reads videos: the only module that knows PyAV exists."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from edgenode import plugin
from edgenode.sense.sources._reading import Piece, fitted, unreadable

if TYPE_CHECKING:
    from av import VideoFrame
    from av.container import InputContainer
    from av.video.reformatter import VideoReformatter

SUFFIXES = frozenset({".avi", ".m4v", ".mjpeg", ".mjpg", ".mkv", ".mov", ".mp4", ".ts", ".webm"})
CURE = "give a video that ffplay plays"


def read(path: Path, demand: plugin.Demand) -> Iterator[Piece]:
    """Yield the frames of the video at *path* in the size and at the rate of *demand*.

    ffmpeg scales them, as a camera's image processor does. Raise ``RecordingError`` if the file is
    damaged or has no pictures, or PyAV is not installed.
    """
    try:
        import av
    except ImportError as error:
        raise unreadable(path, "it needs PyAV", "pip install 'edgenode[demo]'") from error
    try:
        with av.open(str(path)) as container:
            yield from _frames(path, container, demand)
    except plugin.RecordingError:
        raise
    except (av.FFmpegError, ValueError) as error:
        fault = getattr(error, "strerror", None) or error
        raise unreadable(path, fault, CURE) from error


def _frames(path: Path, container: "InputContainer", demand: plugin.Demand) -> Iterator[Piece]:
    if not container.streams.video:
        raise unreadable(path, "there is no picture in it", CURE)
    stream = container.streams.video[0]
    stream.thread_type = "NONE"  # the other cores are for inference
    lasts_s = 1.0 / float(stream.average_rate or 25)
    ends_s = float((stream.duration or 0) * (stream.time_base or 0))
    period_s = 1.0 / demand.rate_hz if demand.rate_hz else 0.0
    scaler = _scaler()
    start_s, number, due_s = None, -1, 0.0
    for number, frame in enumerate(container.decode(stream)):
        time_s = number * lasts_s if frame.time is None else frame.time
        start_s = time_s if start_s is None else start_s
        at_s = time_s - start_s
        # Half a frame early is on time: time stamps are rounded.
        if at_s >= due_s - lasts_s / 2:
            due_s = max(due_s, at_s - period_s) + period_s
            yield Piece(_pixels(frame, demand, scaler), at_s, max(ends_s, at_s + lasts_s))
    if number < 0:
        raise unreadable(path, "there is no frame in it", CURE)


def _scaler() -> "VideoReformatter":
    """Return ffmpeg's scaler. One for all frames: it keeps its tables."""
    from av.video.reformatter import VideoReformatter

    return VideoReformatter()


def _pixels(
    frame: "VideoFrame", demand: plugin.Demand, scaler: "VideoReformatter"
) -> plugin.Tensor:
    turns = frame.rotation // 90 % 4
    sideways = turns % 2 == 1
    size = (frame.height, frame.width) if sideways else (frame.width, frame.height)
    width, height = fitted(size, demand)[:: -1 if sideways else 1]
    scaled = scaler.reformat(frame, width, height, "rgb24")
    return np.ascontiguousarray(np.rot90(scaled.to_ndarray(), turns))
