"""Where files come from: their own URLs, a mirror on the web, or a folder."""

import os
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

from edgenode.catalogue.download import Downloads, OnProgress, Task
from edgenode.catalogue.pin import Pin
from edgenode.errors import ModelError

MAX_BYTES = 256 << 20
"""Size limit of a download whose pin does not know the size, and of a zip archive."""


class Origin(Protocol):
    """Fetches files, one after the other. For one thread."""

    def fetch(self, pin: Pin, part: Path, on_progress: OnProgress) -> None:
        """Write the file of *pin* to *part*; bytes that are there already may be kept.

        The content is not verified. Raise ``ModelError`` if the file cannot be fetched.
        """


def origin(mirror: str | None = None) -> Origin:
    """Return the origin of files: *mirror* (a folder or a URL), or the URLs of the pins if None.

    Raise ``ModelError`` if *mirror* is neither.
    """
    if mirror is None:
        return Published(Downloads())
    if mirror.startswith(("http://", "https://")):
        return WebMirror(mirror, Downloads())
    if not Path(mirror).is_dir():
        raise ModelError(
            f"mirror {mirror!r} is neither a folder nor a URL with http:// or https://"
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
        archive = part.with_name(part.name + ".zip")
        self._downloads.fetch(Task(pin.url, archive, MAX_BYTES, on_progress))
        try:
            _extract(archive, pin, part)
        finally:
            archive.unlink()


class WebMirror:
    """Fetches every file by its name under one URL."""

    def __init__(self, base: str, downloads: Downloads) -> None:
        self._base = base.rstrip("/")
        self._downloads = downloads

    def fetch(self, pin: Pin, part: Path, on_progress: OnProgress) -> None:
        """Download the file."""
        url = f"{self._base}/{quote(pin.name)}"
        self._downloads.fetch(Task(url, part, pin.size or MAX_BYTES, on_progress))


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
                    shutil.copyfile(path, part)
                    on_progress(part.stat().st_size, part.stat().st_size)
                    return
        raise ModelError(
            f"{pin.name!r} is not in the mirror {str(self._folder)!r}, under any name{namesake};"
            " give another --mirror or none"
        )

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


def _may_be(path: Path, pin: Pin) -> bool:
    size = path.stat().st_size
    return size == pin.size if pin.size is not None else 0 < size <= MAX_BYTES


def _extract(archive: Path, pin: Pin, part: Path) -> None:
    try:
        with zipfile.ZipFile(archive) as opened, opened.open(pin.member or "") as member:
            # One byte more than allowed is enough to see that the file is too large.
            limit = pin.size or MAX_BYTES
            part.write_bytes(member.read(limit + 1))
    except (zipfile.BadZipFile, zlib.error, KeyError, EOFError, RuntimeError) as error:
        raise ModelError(f"no {pin.member!r} to be had from {pin.url}: {error}") from error
