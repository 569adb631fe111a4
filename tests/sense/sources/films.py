"""Writes films of many kinds with PyAV, and changes bytes of them where it cannot."""

import io
import struct
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from tests.sense.sources.pictures import HEIGHT, WIDTH, corners

RATE = 25
MATRIX_AT = 44
"""Where the matrix is after the name of a track's header in its version 0 (ISO 14496-12, 8.3.2)."""


def film(  # noqa: PLR0913 each is one thing that films differ in
    frames: Sequence[NDArray[np.uint8]],
    form: str = "mp4",
    codec: str = "libx264",
    *,
    times: Sequence[int] | None = None,
    aspect: Fraction | None = None,
    title: str = "",
    **options: str,
) -> bytes:
    """Return a film of *frames*; *times*: of each, in frames."""
    file = io.BytesIO()
    with av.open(file, "w", format=form) as container:
        if title:
            container.metadata["title"] = title
        lossless = {"qp": "0"} if codec == "libx264" else {}
        stream = container.add_stream(codec, rate=RATE, options=lossless | options)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = stream.codec_context.codec.video_formats[0].name
        if aspect:
            stream.codec_context.sample_aspect_ratio = aspect
        for number, pixels in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(pixels, "rgb24")
            frame.pts, frame.time_base = (times or range(len(frames)))[number], Fraction(1, RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()


def shades(count: int = 10, size: tuple[int, int] = (HEIGHT, WIDTH)) -> list[NDArray[np.uint8]]:
    """Return frames that get brighter by 20."""
    return [np.full((*size, 3), 20 * number % 256, np.uint8) for number in range(count)]


def with_matrix(mp4: bytes, *values: float) -> bytes:
    """Return *mp4* with a b c d of its display matrix."""
    a, b, c, d = (round(value * 0x10000) for value in values)
    matrix = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 0x40000000 if any(values) else 0)
    at = mp4.index(b"tkhd") + MATRIX_AT
    return mp4[:at] + matrix + mp4[at + len(matrix) :]


def with_bad_packet(path: Path, number: int) -> None:
    """Overwrite the packet of that number in the film at *path*."""
    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    content = bytearray(path.read_bytes())
    chosen = packets[number]
    assert chosen.pos is not None
    content[chosen.pos : chosen.pos + chosen.size] = b"\xff" * chosen.size
    path.write_bytes(content)


def with_cover(path: Path, cover: NDArray[np.uint8], frames: Sequence[NDArray[np.uint8]]) -> None:
    """Write a film of *frames* with a cover; without frames it is the cover alone."""
    from av.stream import Disposition

    with av.open(str(path), "w") as container:
        still = container.add_stream("png", rate=1)
        still.disposition = Disposition.attached_pic
        still.height, still.width = cover.shape[:2]
        still.pix_fmt = "rgb24"
        if frames:
            stream = container.add_stream("libx264", rate=RATE, options={"qp": "0"})
            stream.height, stream.width = frames[0].shape[:2]
            stream.pix_fmt = "yuv444p"
        container.mux(still.encode(av.VideoFrame.from_ndarray(cover, "rgb24")))
        container.mux(still.encode(None))
        for pixels in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, "rgb24")))
        if frames:
            container.mux(stream.encode(None))


def cover_first(mp4: bytes) -> bytes:
    """Return *mp4*, whose index is at its end, with the cover before the films."""
    at = mp4.rindex(b"moov") - 4
    boxes, place = [], at + 8
    while place < len(mp4):
        (size,) = struct.unpack_from(">I", mp4, place)
        boxes.append(mp4[place : place + size])
        place += size
    ordered = sorted(boxes, key=lambda box: (b"mvhd", b"udta", b"trak").index(box[4:8]))
    return mp4[: at + 8] + b"".join(ordered)


KINDS = {
    "h264": ("h264", "libx264"),
    "264": ("h264", "libx264"),
    "mpg": ("mpeg", "mpeg2video"),
    "mpeg": ("mpeg", "mpeg1video"),
    "m2ts": ("mpegts", "libx264"),
    "mts": ("mpegts", "mpeg2video"),
    "3gp": ("3gp", "mpeg4"),
    "flv": ("flv", "flv"),
    "avi": ("avi", "mjpeg"),
    "mjpeg": ("mjpeg", "mjpeg"),
    "mkv": ("matroska", "ffv1"),
    "webm": ("webm", "libvpx"),
    "wmv": ("asf", "wmv2"),
}
"""Container and codec by suffix."""


def seeds() -> Iterator[tuple[str, bytes]]:
    """Yield small whole films of every kind that can be written here, and their suffixes."""
    frames = shades(6, (32, 48))
    for suffix, (form, codec) in KINDS.items():
        if form in av.formats_available and codec in av.codecs_available:
            yield suffix, film(frames, form, codec)
    yield "mp4", with_matrix(film([corners()] * 4), 0, 1, -1, 0)
    yield "mkv", film(frames, "matroska", times=[0, 1, 2, 36_000, 36_001, 36_002], title="caf\xe9")
    yield "ts", film(frames, "mpegts") + film(frames, "mpegts")
    yield "mp4", film(frames, aspect=Fraction(4, 3))
