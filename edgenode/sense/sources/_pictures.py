"""Reads pictures: the only module of the sources that knows Pillow exists."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from edgenode.sense.sources._reading import Piece, unreadable

SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".ppm", ".tif", ".tiff", ".webp"})


def read(path: Path, lasts_s: float) -> Iterator[Piece]:
    """Yield the picture at *path* once: RGB, upright, in full size.

    It is not scaled here: only the plugin decides what its model sees. Raise ``RecordingError`` if
    the picture is damaged or Pillow is not installed.
    """
    try:
        from PIL import Image, ImageOps
    except ImportError as error:
        raise unreadable(path, "it needs Pillow", "pip install 'edgenode[demo]'") from error
    try:
        with Image.open(path) as picture:
            upright = ImageOps.exif_transpose(picture).convert("RGB")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        fault = str(error).replace(f" {str(path)!r}", "")
        raise unreadable(path, fault, "give a whole picture") from error
    yield Piece(np.asarray(upright), 0.0, lasts_s)
