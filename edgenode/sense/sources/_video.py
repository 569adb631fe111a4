"""Reads videos: the only module of the sources that knows PyAV exists."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from edgenode import plugin
from edgenode.sense.sources import _turns
from edgenode.sense.sources._film_clock import FilmClock
from edgenode.sense.sources._reading import (
    BREAKS,
    DAMAGED,
    DISBELIEVED,
    LARGEST_PIXELS,
    MISSING,
    UNDECODED,
    Flaws,
    Pace,
    Piece,
    cause,
    fitted,
    pixels_of,
    unreadable,
)

if TYPE_CHECKING:
    from av import VideoFrame
    from av.container import InputContainer
    from av.video.reformatter import VideoReformatter
    from av.video.stream import VideoStream

CURE = "give a video that ffplay plays, or a picture"
OPTIONS = {
    # Only the file itself: a list of segments in it must not open others, or a connection.
    "protocol_whitelist": "file",
    # A % in a picture's name stands for itself.
    "pattern_type": "none",
    "max_pixels": str(LARGEST_PIXELS),
}
TEXT, LIST = "it is no picture, video or sound", "it is a list of other files"
REFUSED = {
    **dict.fromkeys(("tty", "ffmetadata"), TEXT),
    **dict.fromkeys(("concat", "dash", "hls", "sdp"), LIST),
}
"""Names of ffmpeg's formats that are no recording, though it would make a film of any text."""

MAX_BREAKS = 100
"""After so many places that cannot be read the rest of a film is left."""

MICROSECONDS = 1_000_000
"""The unit of a file's length in ffmpeg."""

MOST_MISSING, MOST_MISSING_FRAMES = 0.1, 5
"""So much of a film may be missing at its end without a word: its sound may be a little longer."""

WIDEST_PIXEL = 10
"""A pixel that is so many times as wide as high, or as high as wide, is not believed."""


def probe(path: Path) -> None:
    """Raise ``RecordingError`` if there is no film in the file at *path*, as far as it says."""
    av = _pyav(path)
    try:
        with _opened(av, path) as container:
            _stream(path, container)
    except plugin.RecordingError:
        raise
    except Exception as error:
        raise _unplayable(av, path, error) from error


def read(path: Path, demand: plugin.Demand, flaws: Flaws | None = None) -> Iterator[Piece]:
    """Yield the frames of the video at *path* in the size and at the rate of *demand*.

    They are upright and their pixels square. ffmpeg scales them, as a camera's image processor
    does. Without a rate every frame is yielded. What cannot be decoded, and times that are not
    believed, are counted in *flaws*; the film goes on to its end.

    Raise ``RecordingError`` if the file is no film, no frame of it can be decoded, or they are too
    large; or if PyAV is not installed.
    """
    flaws = Flaws() if flaws is None else flaws
    av = _pyav(path)
    try:
        with _opened(av, path) as container:
            yield from _pieces(av, path, container, demand, flaws)
    except plugin.RecordingError:
        raise
    except Exception as error:
        raise _unplayable(av, path, error) from error


def _unplayable(av: ModuleType, path: Path, error: Exception) -> plugin.RecordingError:
    unknown = isinstance(error, av.error.InvalidDataError)
    return unreadable(path, cause(error) + (": damaged, or no recording" if unknown else ""), CURE)


def _pyav(path: Path) -> ModuleType:
    try:
        import av
    except ImportError as error:
        raise unreadable(path, "it needs PyAV", "pip install 'edgenode[demo]'") from error
    return av


def _opened(av: ModuleType, path: Path) -> "InputContainer":
    # With a protocol before it no name can be one: colons, "concat:" and "pipe:" are its own.
    container: InputContainer = av.open(f"file:{path}", options=OPTIONS, metadata_errors="replace")
    return container


def _stream(path: Path, container: "InputContainer") -> "VideoStream":
    """Return the stream that a player would choose: no cover, and no part of a picture."""
    from av.stream import Disposition

    if container.format.name in REFUSED:
        raise unreadable(path, REFUSED[container.format.name], "name a recording")
    decodable = [one for one in container.streams.video if one.codec_context is not None]
    if any(one.disposition & Disposition.dependent for one in decodable):
        cure = "pip install pillow-heif, or save it as JPEG"
        raise unreadable(path, "it is a picture in tiles, which ffmpeg cannot join here", cure)
    films = [one for one in decodable if not one.disposition & Disposition.attached_pic]
    if not films:
        fault = "there is no picture in it" + (" but a cover" if decodable else "")
        if container.streams.video and not decodable:
            fault = "there is no decoder for its pictures here"
        raise unreadable(path, fault, CURE)
    best = container.streams.best("video")
    stream = next((one for one in films if best is not None and one.index == best.index), films[0])
    _check_size(path, stream.width, stream.height)
    return stream


def _check_size(path: Path, width: int, height: int) -> None:
    if width * height > LARGEST_PIXELS:
        fault = f"its frames are too large: {pixels_of((width, height))}"
        raise unreadable(path, fault, "scale it: ffmpeg -i IN -vf scale=1920:-2 OUT.mp4")


def _pieces(
    av: ModuleType, path: Path, container: "InputContainer", demand: plugin.Demand, flaws: Flaws
) -> Iterator[Piece]:
    stream = _stream(path, container)
    stream.thread_type = "NONE"  # the other cores are for inference
    stream.codec_context.options = {"max_pixels": str(LARGEST_PIXELS)}
    clock = FilmClock(float(stream.average_rate or 0))
    pace, picture = Pace(demand), _Picture(demand, stream.sample_aspect_ratio)
    held: Piece | None = None
    for frame in _decoded(av, container, stream, flaws):
        at_s = clock.advance(frame.time)
        if not pace.takes(at_s, clock.lasts_s):
            continue
        # Held back until the next, or the end: only then is known how long it is shown.
        if held is not None:
            yield held._replace(until_s=at_s)
        held = Piece(picture.pixels(frame), at_s, at_s)
    flaws[DISBELIEVED] += clock.jumps
    flaws[MISSING] += _missing(container, stream, clock)
    if held is None:
        raise unreadable(path, "there is no frame in it that can be decoded", CURE)
    yield held._replace(until_s=clock.at_s + clock.lasts_s)


def _missing(container: "InputContainer", stream: "VideoStream", clock: FilmClock) -> int:
    """Return about how many frames the film is shorter than its file says; 0 if nearly whole."""
    if stream.duration and stream.time_base:
        declared_s = float(stream.duration * stream.time_base)
    else:
        declared_s = (container.duration or 0) / MICROSECONDS
    missing_s = declared_s - clock.at_s - clock.lasts_s
    # With times that were not believed, the file's length is not, either.
    if clock.jumps or missing_s < max(
        MOST_MISSING * declared_s, MOST_MISSING_FRAMES * clock.lasts_s
    ):
        return 0
    return round(missing_s / clock.lasts_s)


def _decoded(
    av: ModuleType, container: "InputContainer", stream: "VideoStream", flaws: Flaws
) -> Iterator["VideoFrame"]:
    """Yield the frames of *stream* to its end, whatever cannot be decoded on the way."""
    for _ in range(MAX_BREAKS):
        read = 0
        try:
            for packet in container.demux(stream):
                read += 1
                try:
                    frames = packet.decode()
                except av.FFmpegError:
                    flaws[UNDECODED] += 1
                    continue
                damaged = any(frame.is_corrupt for frame in frames)
                flaws[DAMAGED] += damaged or packet.is_corrupt
                yield from frames
        except av.FFmpegError:
            flaws[BREAKS] += 1
            if not read:
                break
        else:
            return
    yield from stream.decode(None)


class _Picture:
    """Makes pixels of a film's frames: upright, square, in the demanded size."""

    def __init__(self, demand: plugin.Demand, aspect: Fraction | None) -> None:
        """*aspect*: how many times a pixel is as wide as it is high; 0 or None: it is square."""
        self._demand = demand
        believed = aspect and Fraction(1, WIDEST_PIXEL) <= aspect <= WIDEST_PIXEL
        self._aspect = float(aspect) if aspect and believed else 1.0
        self._scaler = _scaler()

    def pixels(self, frame: "VideoFrame") -> plugin.Tensor:
        """Return the pixels of *frame*: uint8 [height, width, 3]."""
        turn = _turn(frame)
        width, height = turn.size(fitted(turn.size(self._square(frame)), self._demand))
        return turn.apply(self._scaler.reformat(frame, width, height, "rgb24").to_ndarray())

    def _square(self, frame: "VideoFrame") -> tuple[int, int]:
        """Return the size with square pixels. It is never smaller: nothing is lost."""
        if self._aspect >= 1:
            return round(frame.width * self._aspect), frame.height
        return frame.width, round(frame.height / self._aspect)


def _scaler() -> "VideoReformatter":
    """Return ffmpeg's scaler. One for all frames: it keeps its tables."""
    from av.video.reformatter import VideoReformatter

    return VideoReformatter()


def _turn(frame: "VideoFrame") -> _turns.Turn:
    try:
        side_data: Any = frame.side_data
        matrix = side_data.get("DISPLAYMATRIX")
    except ValueError:
        # PyAV gives none of a frame's side data if it does not know one kind of it, such as EXIF.
        return _turns.of_rotation(frame.rotation)
    return _turns.of_matrix(bytes(matrix)) if matrix is not None else _turns.UPRIGHT
