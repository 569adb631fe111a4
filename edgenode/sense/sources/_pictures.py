"""Reads pictures: the only module of the sources that knows Pillow exists."""

import importlib
import threading
import warnings
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from edgenode import plugin
from edgenode.sense.sources import _pixels, _turns
from edgenode.sense.sources._reading import (
    LARGEST_PIXELS,
    UNDECODED,
    Flaws,
    Pace,
    Piece,
    cause,
    pixels_of,
    unreadable,
)

if TYPE_CHECKING:
    from PIL.Image import Image

SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".ppm", ".tif", ".tiff", ".webp"})
"""Those that are pictures even where Pillow is not installed."""

FORMATS = frozenset(
    {"AVIF", "BMP", "DDS", "GIF", "HEIF", "JPEG", "JPEG2000", "PCX", "PNG", "PPM", "PSD", "QOI"}
    | {"SGI", "TIFF", "WEBP"}
)
"""Formats that Pillow knows by their first bytes, and decodes itself. HEIF: with pillow-heif."""

ANIMATED = frozenset({"AVIF", "GIF", "PNG", "WEBP"})
"""Formats whose further frames are a film. Those of TIFF are pages, of others they are parts."""

HEAVY = frozenset({"AVIF", "GIF", "HEIF", "JPEG2000", "WEBP"})
"""Formats whose decoders hold a frame several times: they may have half as many pixels."""

TIFF_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
ORIENTATION = 0x112
PAGE_KIND = 254
"""Tag of TIFF: bit 0 is set for a smaller copy of another page, bit 2 for a mask."""

JPEG_SCALES = (1, 2, 4, 8)
FRAME_S = 0.1
"""How long a frame of an animation is shown that says 0, as browsers do."""

_opening = threading.Lock()
"""Taken while Pillow's limit, which is the process's, is changed."""

CURE = "give a whole picture, or save it again as PNG"


def knows(path: Path) -> bool:
    """Return whether the file at *path* is a picture by its first bytes."""
    try:
        _pillow()
        with path.open("rb") as file:
            # Any TIFF: what Pillow does not know ffmpeg takes for other numbers, and shows black.
            if file.read(4) in TIFF_STARTS:
                return True
        with _opened(path):
            return True
    except Exception:  # noqa: BLE001 decoders raise whatever they come across
        return False


def claims(path: Path) -> bool:
    """Return whether the file at *path* is a picture by its name, whatever is in it."""
    suffix = path.suffix.lower()
    try:
        return suffix in SUFFIXES or _pillow().registered_extensions().get(suffix) in FORMATS
    except ImportError:
        return False


def read(
    path: Path,
    lasts_s: float,
    demand: plugin.Demand | None = None,
    flaws: Flaws | None = None,
) -> Iterator[Piece]:
    """Yield the picture at *path*: RGB, upright, in full size, shown for *lasts_s*.

    It is not scaled here: only the plugin decides what its model sees. But a JPEG of more than
    ``LARGEST_PIXELS`` is decoded at a half, a quarter or an eighth of its size. Of an animation the
    frames come at their times, at the rate of *demand*; each page of a TIFF lasts *lasts_s*.

    Raise ``RecordingError`` if the picture is damaged or too large, or Pillow is not installed.
    After the first frame or page, what cannot be decoded is counted in *flaws*.
    """
    flaws = Flaws() if flaws is None else flaws
    try:
        _pillow()
    except ImportError as error:
        raise unreadable(path, "it needs Pillow", "pip install 'edgenode[demo]'") from error
    decoded = False
    try:
        with _opened(path) as picture:
            for piece in _pieces(picture, path, lasts_s, Pace(demand or plugin.Demand()), flaws):
                decoded = True
                yield piece
    except plugin.RecordingError:
        raise
    except Exception as error:  # decoders raise whatever they come across
        if not decoded:
            raise _undecodable(path, error) from error
        flaws[UNDECODED] += 1
        return
    if not decoded:
        raise unreadable(path, "none of its frames can be decoded", CURE)


def _pillow() -> ModuleType:
    from PIL import Image

    Image.init()
    if "HEIF" not in Image.OPEN:
        with suppress(ImportError):
            importlib.import_module("pillow_heif").register_heif_opener()
    # Of odd metadata. What is wrong with the pixels is raised.
    warnings.filterwarnings("ignore", module=r"PIL\.")
    return Image


def _opened(path: Path) -> "Image":
    """Open *path*: nothing is decoded yet.

    Pillow would refuse a large JPEG here, which can be decoded at a part of its size. Later its own
    limit is of use: a frame of a GIF may be larger than the first. It refuses twice as many.
    """
    from PIL import Image

    with _opening:
        Image.MAX_IMAGE_PIXELS = None
        try:
            return Image.open(path, formats=sorted(FORMATS & Image.OPEN.keys()))
        finally:
            Image.MAX_IMAGE_PIXELS = LARGEST_PIXELS // 2


def _undecodable(path: Path, error: Exception) -> plugin.RecordingError:
    return unreadable(path, cause(error).replace(f" {str(path)!r}", ""), CURE)


def _pieces(
    picture: "Image", path: Path, lasts_s: float, pace: Pace, flaws: Flaws
) -> Iterator[Piece]:
    animated, at_s = _is_animated(picture), 0.0
    for index in _frames(picture):
        pixels = _decoded(picture, path, index, flaws)
        shown_s = _shown_s(picture) if animated else lasts_s
        if pixels is not None and pace.takes(at_s, shown_s):
            yield Piece(pixels, at_s, at_s + shown_s)
        at_s += shown_s


def _is_animated(picture: "Image") -> bool:
    try:
        return picture.format in ANIMATED and bool(getattr(picture, "is_animated", False))
    except Exception:  # noqa: BLE001 damage of the second frame must not cost the first
        return False


def _frames(picture: "Image") -> Iterator[int]:
    """Go to one frame or page of *picture* after the other, and yield its number."""
    # The first of a PNG may be a still for those who do not know animations.
    index = 1 if picture.format == "PNG" and picture.info.get("default_image") else 0
    while True:
        try:
            picture.seek(index)
        except EOFError:
            return
        if not (index and _is_copy(picture)):
            yield index
        if picture.format not in ANIMATED | {"TIFF"}:
            return
        index += 1


def _is_copy(picture: "Image") -> bool:
    kind = getattr(picture, "tag_v2", {}).get(PAGE_KIND, 0)
    return isinstance(kind, int) and bool(kind & 0b101)


def _decoded(picture: "Image", path: Path, index: int, flaws: Flaws) -> plugin.Tensor | None:
    """Return the pixels of the frame that *picture* is at; None if they are a flaw of the file."""
    try:
        _fit_memory(picture, path)
        picture.load()
        return _turn(picture).apply(_pixels.rgb(picture))
    except plugin.RecordingError:
        raise
    except Exception as error:  # decoders raise whatever they come across
        if not index:
            raise _undecodable(path, error) from error
        flaws[UNDECODED] += 1
        return None


def _fit_memory(picture: "Image", path: Path) -> None:
    """Have a JPEG decoded smaller if it is too large; raise ``RecordingError`` if it stays so."""
    width, height = picture.size
    most = LARGEST_PIXELS // 2 if picture.format in HEAVY else LARGEST_PIXELS
    if width * height <= most:
        return
    # A progressive one is held in full size, whatever is made of it.
    if picture.format in {"JPEG", "MPO"} and not picture.info.get("progressive"):
        for scale in JPEG_SCALES:
            if (width // scale) * (height // scale) <= most:
                picture.draft(picture.mode, (width // scale, height // scale))
                return
    fault = f"it is too large: {pixels_of((width, height))}"
    cure = f"scale it to {most // 10**6} million, or save it as a JPEG that is not progressive"
    raise unreadable(path, fault, cure)


def _turn(picture: "Image") -> _turns.Turn:
    try:
        return _turns.of_orientation(picture.getexif().get(ORIENTATION))
    except Exception:  # noqa: BLE001 one odd tag must not cost the picture
        return _turns.UPRIGHT


def _shown_s(picture: "Image") -> float:
    shown = picture.info.get("duration", 0)
    return shown / 1000.0 if isinstance(shown, int | float) and shown > 0 else FRAME_S
