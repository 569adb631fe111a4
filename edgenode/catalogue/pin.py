"""Pins: the digest and size that a file must have, and its URL."""

import hashlib
import io
from typing import Annotated

import msgspec
from msgspec import Meta

from edgenode.values import exactly

MAX_BYTES = 256 << 20
"""Size limit of a file whose pin does not know the size, and of a zip archive."""


class Pin(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file, identified by its digest. It does not matter where it comes from.

    Attributes:
        name: the file's own name, without folders.
        url: where it is published; empty for a file in the folder of its manifest.
        sha256: of the file; at least one of the two digests is given.
        git_sha1: the file's git blob SHA-1, used if no SHA-256 is known.
        size: in bytes; None if it is not known.
        member: name of the file inside the zip archive at ``url``.
    """

    name: Annotated[str, exactly("[A-Za-z0-9][A-Za-z0-9._+-]*"), Meta(max_length=128)]
    url: Annotated[str, exactly("(https?://[!-~]+)?")] = ""
    sha256: Annotated[str, exactly("[0-9a-f]{64}")] | None = None
    git_sha1: Annotated[str, exactly("[0-9a-f]{40}")] | None = None
    size: Annotated[int, Meta(ge=1)] | None = None
    member: str | None = None

    def __post_init__(self) -> None:
        if self.sha256 is None and self.git_sha1 is None:
            raise ValueError("a pin needs `sha256` (see sha256sum) or `git_sha1`")

    @property
    def digest(self) -> str:
        """The strongest digest known, in hexadecimal."""
        return self.sha256 or self.git_sha1 or ""

    def fault(self, file: io.BufferedReader | io.BytesIO) -> str | None:
        """Return how *file* differs from the pin, with both values; None if it does not differ."""
        size = file.seek(0, 2)
        if self.size is not None and size != self.size:
            return f"size is {size}, pinned is {self.size}"
        for kind, pinned, start in (
            ("sha256", self.sha256, hashlib.sha256()),
            ("git_sha1", self.git_sha1, _git_blob(size)),
        ):
            file.seek(0)
            found = pinned and hashlib.file_digest(file, start.copy).hexdigest()
            if found != pinned:
                return f"{kind} is {found!r}, pinned is {pinned!r}"
        return None


def _git_blob(size: int) -> "hashlib._Hash":
    # Some publishers give only git's hash of a file. SHA-1 is weak, but here it is all there is.
    return hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
