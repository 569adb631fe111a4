"""Decides what reads a recording of frames, and which files of a folder are recordings."""

from collections.abc import Iterator
from pathlib import Path

from edgenode import plugin
from edgenode.sense.sources import _pictures, _video
from edgenode.sense.sources._reading import Flaws, Piece, unreadable

STREAMS_OF_PICTURES = frozenset({".mjpeg", ".mjpg"})
"""JPEG after JPEG: by its first bytes such a film is a picture."""

FILMS = STREAMS_OF_PICTURES | frozenset(
    {".264", ".265", ".3g2", ".3gp", ".asf", ".avi", ".dv", ".f4v", ".flv", ".h264", ".h265"}
    | {".hevc", ".ivf", ".m1v", ".m2t", ".m2ts", ".m2v", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg"}
    | {".mpg", ".mts", ".mxf", ".ogv", ".ts", ".vob", ".webm", ".wmv", ".y4m"}
)
"""Suffixes by which a film in a folder is known. A file that is named needs none of them."""


def read(path: Path, lasts_s: float, demand: plugin.Demand, flaws: Flaws) -> Iterator[Piece]:
    """Yield the frames of the picture or video at *path*; see the two readers.

    Its bytes decide which it is, not its name: what Pillow does not know is left to ffmpeg.
    """
    if _is_picture(path):
        return _pictures.read(path, lasts_s, demand, flaws)
    return _video.read(path, demand, flaws)


def probe(path: Path) -> None:
    """Raise ``RecordingError`` if the file at *path* is empty, or neither reader knows it."""
    if not path.stat().st_size:
        raise unreadable(path, "it is empty", "give a whole picture or video")
    if not _is_picture(path):
        _video.probe(path)


def in_folder(folder: Path) -> list[Path]:
    """Return the recordings of frames in *folder*, by name; other files are not for us.

    Raise ``RecordingError`` if there is none, or the folder cannot be listed.
    """
    try:
        names = sorted(folder.iterdir())
    except OSError as error:
        raise unreadable(folder, error.strerror, "check the folder's rights") from error
    found = [path for path in names if not path.name.startswith(".") and _is_recording(path)]
    if not found:
        raise unreadable(folder, "there is no picture in this folder", "fill it, or name a file")
    return found


def _is_picture(path: Path) -> bool:
    if path.suffix.lower() in STREAMS_OF_PICTURES:
        return False
    return _pictures.knows(path) or (_pictures.claims(path) and not _is_film(path))


def _is_film(path: Path) -> bool:
    """Return whether ffmpeg decodes it: there are pictures that Pillow does not know."""
    try:
        next(_video.read(path, plugin.Demand(size=(1, 1))))
    except plugin.RecordingError:
        return False
    return True


def _is_recording(path: Path) -> bool:
    named = path.suffix.lower() in FILMS or _pictures.claims(path)
    return path.is_file() and (named or _pictures.knows(path))
