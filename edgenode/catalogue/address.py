"""URLs of files: checked, and shown without the password that may be in them."""

import base64
from urllib.parse import unquote, urlsplit, urlunsplit

from edgenode.errors import ModelError

SCHEMES = frozenset({"http", "https"})


def shown(url: str) -> str:
    """Return *url* as it may be printed: without user and password."""
    try:
        # Raises where a password with a slash in it is taken for a port.
        _ = urlsplit(url).port
    except ValueError:
        return "a URL that cannot be read"
    return bare(url)


def bare(url: str) -> str:
    """Return *url* without user and password; raise ``ValueError`` if it is none."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def authorization(url: str) -> str | None:
    """Return the header ``Authorization`` for the user and password in *url*; None without."""
    parts = urlsplit(url)
    if parts.username is None:
        return None
    both = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return f"Basic {base64.b64encode(both.encode()).decode('ascii')}"


def folder(url: str) -> str:
    """Return *url*, under which there are files, without a final slash.

    Raise ``ModelError`` if it cannot be that; no password is printed.
    """
    try:
        parts = urlsplit(url)
        fits = bool(parts.hostname) and parts.port != 0 and url.isascii() and url.isprintable()
    except ValueError:
        fits = False
    if not fits or " " in url:
        raise ModelError(
            "--mirror: no URL such as https://HOST:PORT/FOLDER; other characters than ASCII, and a"
            " / or @ in a password, are written as %2F, %40"
        )
    if parts.scheme not in SCHEMES:
        raise ModelError(f"--mirror {shown(url)!r}: {parts.scheme}:// is not http:// or https://")
    if parts.query or parts.fragment:
        raise ModelError(f"--mirror at {parts.hostname!r}: give a folder's URL, without ? or #")
    return url.rstrip("/")
