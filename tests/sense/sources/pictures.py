"""Writes pictures of many kinds, with Pillow and, where it cannot, by hand."""

import io
import struct
import zlib
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tests.sense.sources.colours import BLUE, GREEN, RED

WIDTH, HEIGHT = 24, 16
ORIENTATION, RESOLUTION = 0x112, 0x11A


def corners() -> NDArray[np.uint8]:
    """Return pixels whose four quarters are red, green, blue and grey, from the top left on."""
    pixels = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    pixels[: HEIGHT // 2, : WIDTH // 2] = RED
    pixels[: HEIGHT // 2, WIDTH // 2 :] = GREEN
    pixels[HEIGHT // 2 :, : WIDTH // 2] = BLUE
    pixels[HEIGHT // 2 :, WIDTH // 2 :] = (90, 90, 90)
    return pixels


def saved(picture: Image.Image, form: str, **options: object) -> bytes:
    """Return the file that Pillow writes."""
    file = io.BytesIO()
    picture.save(file, form, **options)
    return file.getvalue()


def odd_exif(orientation: int) -> bytes:
    """Return EXIF with that orientation, and a resolution that is a text instead of a fraction."""
    entries = struct.pack("<HHIHH", ORIENTATION, 3, 1, orientation, 0)
    entries += struct.pack("<HHI4s", RESOLUTION, 2, 4, b"odd\0")
    return b"Exif\0\0II*\0" + struct.pack("<IH", 8, 2) + entries + bytes(4)


def png_of_size(width: int, height: int) -> bytes:
    """Return a PNG that says it is so large, and ends there."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(bytes(64))), (b"IEND", b""))
    chunks = (
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def tiff(values: NDArray[np.generic], tags: dict[int, int], compression: int = 1) -> bytes:
    """Return a grey TIFF, little-endian, of one strip, of any type of values; *tags* replace."""
    height, width = values.shape
    body = values.tobytes()
    kind = {"u": 1, "i": 2, "f": 3}[values.dtype.kind]
    entries = {256: width, 257: height, 258: values.dtype.itemsize * 8, 259: compression, 262: 1}
    entries |= {273: 8, 277: 1, 278: height, 279: len(body), 339: kind} | tags
    ifd = struct.pack("<H", len(entries)) + b"".join(
        struct.pack("<HHII", tag, 4, 1, value) for tag, value in sorted(entries.items())
    )
    return b"II*\0" + struct.pack("<I", 8 + len(body)) + body + ifd + bytes(4)


def seeds() -> Iterator[tuple[str, bytes]]:
    """Yield small whole pictures of every format, and their suffixes."""
    picture = Image.fromarray(corners())
    for form, suffix in (("PNG", "png"), ("JPEG", "jpg"), ("BMP", "bmp"), ("GIF", "gif")):
        yield suffix, saved(picture, form)
    for form in ("TIFF", "WEBP", "AVIF", "PPM", "DDS", "PCX", "SGI", "JPEG2000", "QOI"):
        if form in Image.SAVE:
            yield form.lower(), saved(picture, form)
    yield "jpg", saved(picture, "JPEG", exif=odd_exif(6), progressive=True)
    yield "jpg", saved(picture.convert("CMYK"), "JPEG")
    yield "png", saved(picture.convert("P"), "PNG", transparency=b"\0\x80")
    yield "png", saved(Image.fromarray(np.full((8, 8), 9999, np.uint16)), "PNG")
    yield "tiff", saved(picture, "TIFF", compression="tiff_lzw")
    yield "tiff", saved(picture, "TIFF", compression="jpeg", save_all=True, append_images=[picture])
    yield "tiff", tiff(np.linspace(-1, 1, 64, dtype="<f4").reshape(8, 8), {})
    turned = [picture, picture.transpose(Image.Transpose.ROTATE_180)]
    for form, suffix in (("GIF", "gif"), ("PNG", "png"), ("WEBP", "webp"), ("AVIF", "avif")):
        yield suffix, saved(turned[0], form, save_all=True, append_images=turned[1:], duration=80)
    yield "pgm", b"P5 4 4 1023\n" + bytes(32)
    yield "pfm", b"Pf 4 4 -1.0\n" + bytes(64)
