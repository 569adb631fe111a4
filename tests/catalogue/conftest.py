"""A real web server with the bad manners of real ones, and files to serve."""

import hashlib
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from edgenode.catalogue.pin import Pin


class Web(ThreadingHTTPServer):
    """Serves ``files`` by path.

    Attributes:
        ranges: whether it answers a Range request with that range.
        cuts: for the next requests, the connection is cut after so many bytes.
        refusals: for the next requests, these statuses are the answer.
        sized: whether it says the length beforehand.
        stalls: if set, it sends half of the file and waits for this before the rest.
        asked: path and Range header of each request.
        moved: where a path leads instead, with the status that says so.
        secrets: the Authorization header of each request.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.ranges = True
        self.cuts: list[int] = []
        self.refusals: list[int] = []
        self.sized = True
        self.stalls: threading.Event | None = None
        self.asked: list[tuple[str, str | None]] = []
        self.moved: dict[str, tuple[int, str]] = {}
        self.secrets: list[str | None] = []

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/{path}"

    def pin(self, name: str, content: bytes) -> Pin:
        """Serve *content* under *name* and return its pin."""
        self.files[name] = content
        return Pin(
            name=name,
            url=self.url(name),
            sha256=hashlib.sha256(content).hexdigest(),
            size=len(content),
        )


class Handler(BaseHTTPRequestHandler):
    server: Web

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        web, wanted = self.server, self.headers["Range"]
        web.asked.append((self.path, wanted))
        web.secrets.append(self.headers["Authorization"])
        if self.path in web.moved:
            status, place = web.moved[self.path]
            self.send_response(status)
            self.send_header("Location", place)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        content = web.files.get(self.path.lstrip("/"))
        if web.refusals or content is None:
            self.send_error(web.refusals.pop(0) if web.refusals else 404)
            return
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and web.ranges else 0
        if start and start >= len(content):
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        if web.sized:
            self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        self._send(content[start:])

    def _send(self, content: bytes) -> None:
        web = self.server
        if web.stalls is not None:
            self.wfile.write(content[: len(content) // 2])
            web.stalls.wait(10)
            content = content[len(content) // 2 :]
        if web.cuts:
            self.wfile.write(content[: web.cuts.pop(0)])
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.wfile.write(content)


@pytest.fixture
def web() -> Iterator[Web]:
    yield from served()


@pytest.fixture
def elsewhere() -> Iterator[Web]:
    """Yield another server."""
    yield from served()


def served() -> Iterator[Web]:
    server = Web()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    if server.stalls is not None:
        server.stalls.set()
    server.shutdown()
    thread.join(5)
    server.server_close()


@pytest.fixture
def content() -> bytes:
    """Return half a megabyte that compresses badly."""
    return hashlib.shake_256(b"a model").digest(512 * 1024)
