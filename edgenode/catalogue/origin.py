"""Where files come from: their own URLs, a mirror on the web, or a folder."""

import lzma
import os
import shutil
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol
from urllib.parse import quote

from edgenode import files
from edgenode.catalogue.address import folder, shown
from edgenode.catalogue.download import CHUNK_BYTES, Downloads, OnProgress, Task
from edgenode.catalogue.pin import MAX_BYTES, Pin
from edgenode.errors import ModelError

UNZIP_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    LookupError,
    RuntimeError,
    ValueError,
    OSError,
)
"""What the decoders raise for damaged archives, and for kinds of them that they lack."""


class Origin(Protocol):
    """Fetches files, one after the other. For one thread."""

    def fetch(self, pin: Pin, part: Path, on_progress: OnProgress) -> None:
        """Write the file of *pin* to *part*; bytes that are there already may be kept.

        The content is not verified. Raise ``ModelError`` if the file cannot be fetched.
        """

    def where(self, pin: Pin) -> str:
        """Return where the file of *pin* is looked for, as it may be printed."""


def origin(mirror: str | None = None) -> Origin:
    """Return the origin of files: *mirror* (a folder or a URL), or the URLs of the pins if None.

    Raise ``ModelError`` if *mirror* is neither.
    """
    if mirror is None:
        return Published(Downloads())
    if "://" in mirror:
        return WebMirror(folder(mirror), Downloads())
    if not Path(mirror).is_dir():
        raise ModelError(
            f"mirror {mirror.rpartition('@')[2]!r} is neither a folder nor a URL with http:// or"
            " https://"
        )
    return FolderMirror(Path(mirror))


class Published:
    """Fetches each file from its own URL; extracts it if it is in a zip archive."""

    def __init__(self, downloads: Downloads) -> None:
        self._downloads = downloads

    def fetch(self, pin: Pin, part: Path, on_progress: OnProgress) -> None:
        """Download the file."""
        if not pin.url:
            raise ModelError(f"{pin.name!r} has no url: put it beside its manifest or use --mirror")
        if pin.member is None:
            self._downloads.fetch(Task(pin.url, part, pin.size or MAX_BYTES, on_progress))
            return
        archive = self.archive(part)
        self._downloads.fetch(Task(pin.url, archive, MAX_BYTES, on_progress))
        try:
            _extract(archive, pin, part)
        except ModelError:
            part.unlink()
            raise
        finally:
            archive.unlink()

    def where(self, pin: Pin) -> str:
        """Return its URL."""
        return shown(pin.url)

    @staticmethod
    def archive(part: Path) -> Path:
        """Return where the archive is kept while *part* is taken out of it."""
        return part.with_name(f"{part.name}.zip")


class WebMirror:
    """Fetches every file by its name under one URL."""

    def __init__(self, base: str, downloads: Downloads) -> None:
        self._base = base
        self._downloads = downloads

    def fetch(self, pin: Pin, part: Path, on_progress: OnProgress) -> None:
        """Download the file."""
        self._downloads.fetch(Task(self._url(pin), part, pin.size or MAX_BYTES, on_progress))

    def where(self, pin: Pin) -> str:
        """Return its URL."""
        return shown(self._url(pin))

    def _url(self, pin: Pin) -> str:
        return f"{self._base}/{quote(pin.name)}"


class FolderMirror:
    """Finds files anywhere under a folder. The digest decides; the name does not matter."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: list[Path] | None = None

    def fetch(self, pin: Pin, part: Path, on_progress: OnProgress) -> None:
        """Copy the file; raise ``ModelError`` if no file under the folder has its digest."""
        namesake = ""
        for path in self._candidates(pin):
            with path.open("rb") as file:
                fault = pin.fault(file)
                if path.name == pin.name:
                    namesake = f" ({str(path)!r}: {fault})"
                if fault is None:
                    _copy(file, part)
                    on_progress(part.stat().st_size, part.stat().st_size)
                    return
        raise ModelError(
            f"{pin.name!r} is not in the mirror {str(self._folder)!r}, under any name{namesake};"
            " give another --mirror or none"
        )

    def where(self, pin: Pin) -> str:
        """Return the folder."""
        del pin
        return str(self._folder)

    def _candidates(self, pin: Pin) -> list[Path]:
        # Listed once: walking through a large folder for every file takes long.
        if self._files is None:
            self._files = list(_files(self._folder))
        return sorted(
            (path for path in self._files if _may_be(path, pin)),
            key=lambda path: path.name != pin.name,
        )


def _files(folder: Path) -> Iterator[Path]:
    for root, _, names in os.walk(folder):
        for name in names:
            path = Path(root, name)
            if path.is_file() and os.access(path, os.R_OK):
                yield path


def _copy(file: BinaryIO, part: Path) -> None:
    file.seek(0)
    with open(part, "wb", opener=files.open_itself) as copy:
        shutil.copyfileobj(file, copy)


def _may_be(path: Path, pin: Pin) -> bool:
    try:
        size = path.stat().st_size
    except OSError:
        # Removed since the folder was listed.
        return False
    return size == pin.size if pin.size is not None else 0 < size <= MAX_BYTES


def _extract(archive: Path, pin: Pin, part: Path) -> None:
    # One byte more than allowed is enough to see that the file is too large.
    left = (pin.size or MAX_BYTES) + 1
    with open(part, "wb", opener=files.open_itself) as file:
        for chunk in _member(archive, pin):
            file.write(chunk[:left])
            left -= len(chunk)
            if left <= 0:
                return


def _member(archive: Path, pin: Pin) -> Iterator[bytes]:
    """Yield the content of the pinned member; raise ``ModelError`` if it cannot be read."""
    try:
        with zipfile.ZipFile(archive) as opened, opened.open(pin.member or "") as member:
            while chunk := member.read(CHUNK_BYTES):
                yield chunk
    except UNZIP_ERRORS as error:
        fault = str(error) or type(error).__name__
        raise ModelError(
            f"no {pin.member!r} to be had from {shown(pin.url)}: {fault}; pull again, or take it"
            " from elsewhere with --mirror"
        ) from error
