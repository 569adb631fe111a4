"""Where the bytes of a pin may come from: the web, a mirror on the web, a folder."""

import os
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

from edgenode.catalogue.download import Downloads, Task, Tell
from edgenode.catalogue.pin import Pin
from edgenode.errors import ModelError

MOST = 256 << 20
"""Bytes; the most that is fetched where a pin does not know its size."""


class Origin(Protocol):
    """Brings files, one after the other; for one thread."""

    def bring(self, pin: Pin, part: Path, tell: Tell) -> None:
        """Leave the file of *pin* in *part*, unverified, perhaps going on from what is there.

        Raise ``ModelError`` if it is not to be had.
        """


def origin(mirror: str | None = None) -> Origin:
    """Return where files come from: a mirror (a folder or a URL), else where they are published."""
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
    """Each file from its own URL, out of its archive where it is in one."""

    def __init__(self, downloads: Downloads) -> None:
        self._downloads = downloads

    def bring(self, pin: Pin, part: Path, tell: Tell) -> None:
        """Download the file."""
        if not pin.url:
            raise ModelError(f"{pin.name!r} has no url: put it beside its manifest or use --mirror")
        if pin.member is None:
            self._downloads.fetch(Task(pin.url, part, pin.size or MOST, tell))
            return
        archive = part.with_name(part.name + ".zip")
        self._downloads.fetch(Task(pin.url, archive, MOST, tell))
        try:
            _extract(archive, pin, part)
        finally:
            archive.unlink()


class WebMirror:
    """Every file by its name under one URL."""

    def __init__(self, base: str, downloads: Downloads) -> None:
        self._base = base.rstrip("/")
        self._downloads = downloads

    def bring(self, pin: Pin, part: Path, tell: Tell) -> None:
        """Download the file."""
        url = f"{self._base}/{quote(pin.name)}"
        self._downloads.fetch(Task(url, part, pin.size or MOST, tell))


class FolderMirror:
    """Files anywhere under a folder, by name or else by digest: names in a mirror do not matter."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: list[Path] | None = None

    def bring(self, pin: Pin, part: Path, tell: Tell) -> None:
        """Copy the file."""
        namesake = ""
        for path in self._candidates(pin):
            with path.open("rb") as file:
                fault = pin.fault(file)
                if path.name == pin.name:
                    namesake = f" ({str(path)!r}: {fault})"
                if fault is None:
                    shutil.copyfile(path, part)
                    tell(part.stat().st_size, part.stat().st_size)
                    return
        raise ModelError(
            f"{pin.name!r} is not in the mirror {str(self._folder)!r}, under any name{namesake};"
            " give another --mirror or none"
        )

    def _candidates(self, pin: Pin) -> list[Path]:
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
    return size == pin.size if pin.size is not None else 0 < size <= MOST


def _extract(archive: Path, pin: Pin, part: Path) -> None:
    try:
        with zipfile.ZipFile(archive) as opened, opened.open(pin.member or "") as member:
            limit = pin.size or MOST
            part.write_bytes(member.read(limit + 1))
    except (zipfile.BadZipFile, zlib.error, KeyError, EOFError, RuntimeError) as error:
        raise ModelError(f"no {pin.member!r} to be had from {pin.url}: {error}") from error
