"""Downloads that survive a bad line: resumed, bounded in bytes and in time."""

import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import TypeAlias
from urllib.parse import urlsplit

from edgenode import __version__
from edgenode.errors import ModelError

Tell: TypeAlias = Callable[[int, int | None], None]
"""Hears how many bytes there are now, and of how many if that is known."""

CHUNK = 1 << 16
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
"""HTTP statuses that another attempt may cure."""


class _BrokenError(Exception):
    """The line broke; what came is kept and the rest is asked for again."""


class _UnreachableError(_BrokenError):
    """There is no line to this host."""


@dataclass(frozen=True, slots=True)
class Task:
    """One file to download: from *url* into *part*, never more than *limit* bytes."""

    url: str
    part: Path
    limit: int
    tell: Tell

    def have(self) -> int:
        """Return how many bytes are there already."""
        return self.part.stat().st_size if self.part.exists() else 0


@dataclass(slots=True)
class Downloads:
    """Downloads files one after the other; for one thread.

    A host it could not reach is not tried again, so that a machine without network fails soon.

    Attributes:
        tries: attempts in a row that bring nothing before giving up.
        pause_s: pause after the first such attempt, doubled after each further one.
        silence_s: longest wait for the next bytes.
        limit_s: longest time for one file.
    """

    tries: int = 4
    pause_s: float = 1.0
    silence_s: float = 15.0
    limit_s: float = 1800.0
    _unreachable: dict[str, str] = field(default_factory=dict, init=False)

    def fetch(self, task: Task) -> None:
        """Bring the whole file, going on where an earlier download of it ended.

        Raise ``ModelError`` naming the URL and the reason; what came until then is kept. The
        content is not verified here.
        """
        host = urlsplit(task.url).netloc
        if host in self._unreachable:
            raise ModelError(f"{task.url}: {self._unreachable[host]}")
        until = time.monotonic() + self.limit_s
        failed = 0
        while True:
            before = task.have()
            try:
                self._attempt(task, until)
            except _BrokenError as error:
                failed = 1 if task.have() > before else failed + 1
                if failed == self.tries:
                    if isinstance(error, _UnreachableError):
                        self._unreachable[host] = str(error)
                    raise ModelError(f"{task.url}: {error}") from error
                time.sleep(self.pause_s * 2 ** (failed - 1))
            else:
                return

    def _attempt(self, task: Task, until: float) -> None:
        have = task.have()
        response = _open(task.url, have, self.silence_s)
        if response is None:
            return
        with response:
            if response.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
                mode = "ab"
            else:
                mode, have = "wb", 0
            total = None if response.length is None else have + response.length
            with task.part.open(mode) as file:
                for chunk in _chunks(response):
                    have += len(chunk)
                    if max(have, total or 0) > task.limit:
                        raise ModelError(f"{task.url}: larger than the {task.limit} bytes expected")
                    file.write(chunk)
                    task.tell(have, total)
                    if time.monotonic() >= until:
                        raise ModelError(f"{task.url}: not done in {self.limit_s:g} s; run again")
        if total is not None and have < total:
            raise _BrokenError(f"the connection ended after {have} of {total} bytes")


def _open(url: str, have: int, silence_s: float) -> http.client.HTTPResponse | None:
    """Return the server's answer from byte *have* on; None if it has nothing more."""
    headers = {"User-Agent": f"edgenode/{__version__}", "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 pins and mirrors are http(s)
    try:
        response: http.client.HTTPResponse = urllib.request.urlopen(request, timeout=silence_s)  # noqa: S310 as above
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and have:
            return None
        said = f"the server says {error.code} {error.reason}"
        if error.code in PASSING:
            raise _BrokenError(said) from error
        raise ModelError(f"{url}: {said}") from error
    except urllib.error.URLError as error:
        raise _UnreachableError(f"cannot reach the server: {error.reason}") from error
    except (OSError, http.client.HTTPException) as error:
        raise _BrokenError(_words(error)) from error
    return response


def _chunks(response: http.client.HTTPResponse) -> Iterator[bytes]:
    while True:
        try:
            chunk = response.read1(CHUNK)
        except (OSError, http.client.HTTPException) as error:
            raise _BrokenError(_words(error)) from error
        if not chunk:
            return
        yield chunk


def _words(error: Exception) -> str:
    return (
        "the server fell silent" if isinstance(error, TimeoutError) else str(error) or repr(error)
    )
