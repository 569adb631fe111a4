"""Downloads files: resumed after a broken connection, limited in bytes and in time."""

import http.client
import time
import urllib.error
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import TypeAlias
from urllib.parse import urlsplit

from edgenode import files
from edgenode.catalogue import web
from edgenode.catalogue.address import shown
from edgenode.errors import ModelError

OnProgress: TypeAlias = Callable[[int, int | None], None]
"""Called with the bytes there are now, and with the size of the whole file or None."""

CHUNK_BYTES = 1 << 16
RETRY_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})
"""HTTP statuses after which another attempt may succeed."""


class _BrokenError(Exception):
    """The connection broke. The bytes received so far are kept; the rest is requested again."""


class _UnreachableError(_BrokenError):
    """No connection to this host can be made."""


@dataclass(frozen=True, slots=True)
class Task:
    """One file to download: from *url* into *part*, never more than *limit* bytes."""

    url: str
    part: Path
    limit: int
    on_progress: OnProgress

    @property
    def title(self) -> str:
        """The URL as it may be printed: without user and password."""
        return shown(self.url)

    def have(self) -> int:
        """Return how many bytes of the file are on the disk."""
        return self.part.stat().st_size if self.part.exists() else 0


@dataclass(slots=True)
class Downloads:
    """Downloads files one after the other; for one thread.

    A host that could not be reached is not tried again: without a network, a command with many
    files then fails soon.

    Attributes:
        tries: number of attempts in a row without a new byte after which it gives up.
        pause_s: pause after the first of these attempts; doubled after each further one.
        silence_s: longest wait for the next bytes, in seconds.
        limit_s: longest time for one file, in seconds.
    """

    tries: int = 4
    pause_s: float = 1.0
    silence_s: float = 15.0
    limit_s: float = 1800.0
    _unreachable: dict[str, str] = field(default_factory=dict, init=False)

    def fetch(self, task: Task) -> None:
        """Download the whole file; continue where an earlier download of it ended.

        Raise ``ModelError`` naming the URL and the reason. The bytes received until then are kept.
        The content is not verified here.
        """
        host = urlsplit(task.title).netloc
        if host in self._unreachable:
            raise ModelError(f"{task.title}: {self._unreachable[host]}")
        until = time.monotonic() + self.limit_s
        failed = 0
        while True:
            before = task.have()
            try:
                self._attempt(task, until)
            except _BrokenError as error:
                # An attempt with new bytes starts the count again: a bad line may need many.
                failed = 1 if task.have() > before else failed + 1
                if failed == self.tries:
                    if isinstance(error, _UnreachableError):
                        self._unreachable[host] = str(error)
                    raise ModelError(f"{task.title}: {error}") from error
                time.sleep(self.pause_s * 2 ** (failed - 1))
            else:
                return

    def _attempt(self, task: Task, until: float) -> None:
        have = task.have()
        response = _open(task, have, self.silence_s)
        if response is None:
            return
        with response:
            if response.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
                mode = "ab"
            else:
                # The server ignores ranges, or the file has changed: start again.
                mode, have = "wb", 0
            total = None if response.length is None else have + response.length
            with open(task.part, mode, opener=files.open_itself) as file:
                for chunk in _chunks(response):
                    have += len(chunk)
                    if max(have, total or 0) > task.limit:
                        raise ModelError(
                            f"{task.title}: larger than the {task.limit} bytes expected"
                        )
                    file.write(chunk)
                    task.on_progress(have, total)
                    if time.monotonic() >= until:
                        raise ModelError(f"{task.title}: not done in {self.limit_s:g} s; run again")
        if total is not None and have < total:
            raise _BrokenError(f"the connection ended after {have} of {total} bytes")


def _open(task: Task, have: int, silence_s: float) -> http.client.HTTPResponse | None:
    """Return the server's response from byte *have* on; None if the file ends there."""
    try:
        response = web.get(task.url, have, silence_s)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and have:
            return None
        message = f"the server says {error.code} {_line(str(error.reason))}"
        if error.code in RETRY_STATUSES:
            raise _BrokenError(message) from error
        raise ModelError(f"{task.title}: {message}") from error
    except urllib.error.URLError as error:
        raise _UnreachableError(f"cannot reach the server: {_line(str(error.reason))}") from error
    except (OSError, http.client.HTTPException) as error:
        raise _BrokenError(_reason(error)) from error
    except ValueError as error:
        # A host name that cannot be one, as of more than 63 letters without a dot.
        raise ModelError(
            f"{task.title}: no URL that can be fetched: {_line(str(error))}"
        ) from error
    return response


def _chunks(response: http.client.HTTPResponse) -> Iterator[bytes]:
    while True:
        try:
            chunk = response.read1(CHUNK_BYTES)
        except (OSError, http.client.HTTPException) as error:
            raise _BrokenError(_reason(error)) from error
        if not chunk:
            return
        yield chunk


def _reason(error: Exception) -> str:
    return (
        "the server fell silent"
        if isinstance(error, TimeoutError)
        else _line(str(error) or repr(error))
    )


def _line(text: str) -> str:
    """Return the words of a server or library as one line that may be printed."""
    return "".join(one for one in " ".join(text.split())[:200] if one.isprintable())
