"""Real processes of a node beside a real broker, fed number by number."""

import contextlib
import json
import os
import socket
import struct
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import jsonschema
import pytest

from edgenode import messages
from tests.node.processes import LIMIT, Running

EXAMPLE = Path(__file__).parents[1] / "example_plugin"

FED = '''
"""A source that yields what is written into a pipe, and a plugin that says what it was."""

import os
import time

import msgspec
import numpy as np

from edgenode import plugin


class FedOptions(plugin.Options, frozen=True, kw_only=True):
    pipe: str


class Fed(plugin.Source[FedOptions]):
    Options = FedOptions
    yields = plugin.Frame
    lossless = True

    def open(self):
        with open(self.options.pipe + ".opened", "a") as log:
            log.write("opened\\n")
        self._pipe = os.open(self.options.pipe, os.O_RDWR)

    def close(self):
        os.close(self._pipe)

    def samples(self):
        while number := os.read(self._pipe, 4):
            pixels = np.frombuffer(number, np.uint8).reshape(1, 1, 4)
            yield plugin.Frame(pixels=pixels, captured_at=time.time())


class Echo(plugin.Plugin[plugin.PluginOptions, plugin.Frame]):
    takes = plugin.Frame

    def prepare(self, sample):
        return sample.pixels

    def decode(self, outputs, sample):
        (number,) = np.ravel(outputs[0]).view(np.uint32)
        if number == 0xFFFFFFFF:
            raise ValueError("that is no number")
        return (plugin.Measurement("number", float(number)),)
'''
ENTRIES = "[edgenode.sources]\nfed = fed:Fed\n[edgenode.plugins]\necho = fed:Echo\n"

UNPROTECTED = """
import sys
from edgenode import hardening
hardening.confine = lambda **_: None
from edgenode.cli import main
sys.exit(main(sys.argv[3:]))
"""


@pytest.fixture
def unprotected() -> list[str]:
    """Return options for Python that start a process of edgenode into which others can look.

    They stand before ``-m edgenode``, which is then no more than arguments.
    """
    return ["-c", UNPROTECTED]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the worked example and the fed source installed, for PYTHONPATH."""
    target = tmp_path_factory.mktemp("site")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    pip += ["--no-deps", "--no-build-isolation", "--no-index", "--target", str(target)]
    subprocess.run([*pip, str(EXAMPLE)], check=True, timeout=100)
    about = target / "fed-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: fed\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(ENTRIES)
    (target / "fed.py").write_text(FED)
    return target


class Feed:
    """The other end of the fed source's pipe; what nobody has read waits in it."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        self.path = path
        self._pipe = os.open(path, os.O_RDWR)

    def give(self, *numbers: int) -> None:
        os.write(self._pipe, b"".join(struct.pack("=I", number) for number in numbers))

    def next(self) -> int:
        """Return the first number nobody has read."""
        (number,) = struct.unpack("=I", os.read(self._pipe, 4))
        return int(number)

    def close(self) -> None:
        os.close(self._pipe)

    def opened(self) -> int:
        """Return how often the source was opened."""
        return len(Path(f"{self.path}.opened").read_text().splitlines())


class Site:
    """A folder with a configuration, and the processes a test starts on it."""

    def __init__(self, folder: Path, path: Path, url: str, ends: contextlib.ExitStack) -> None:
        self.folder = folder
        self.config = folder / "edgenode.toml"
        self.socket = folder / "handover.sock"
        self.feed = Feed(folder / "feed")
        self._env = {**os.environ, "PYTHONPATH": str(path)}
        self._url = url
        self._ends = ends
        ends.callback(self.feed.close)
        self.configure()

    def configure(self, tables: str | None = None, more: str = "", mqtt: str = "") -> None:
        """Write the configuration: the fed source with a plugin, or *tables*, and *more*."""
        if tables is None:
            tables = f"""
                [sources.pipe]
                use = "fed"
                pipe = "{self.feed.path}"
                [plugins.numbers]
                use = "echo"
                source = "pipe"
                """
        text = f"""
            [node]
            id = "n1"
            [mqtt]
            url = "{self._url}"
            {mqtt}
            [handover]
            socket = "{self.socket}"
            """
        parts = (text, more, tables)
        self.config.write_text("".join(map(textwrap.dedent, parts)))

    def log_of(self, role: str) -> Path:
        """Return the file that the process logs into."""
        return self.folder / f"{role}.log"

    def journal_of(self, role: str) -> dict[str, str]:
        """Return an environment in which the journal reads what the process logs."""
        self.log_of(role).touch()
        status = self.log_of(role).stat()
        return {"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"}

    def start(
        self,
        role: str,
        *,
        env: Mapping[str, str] | None = None,
        python: Sequence[str] = (),
        before: Sequence[str] = (),
        arguments: Sequence[str] = (),
    ) -> Running:
        """Start ``edgenode ROLE WORDS``; *before* is before Python, *python* are options for it."""
        command = [*before, sys.executable, *python, "-m", "edgenode"]
        command += [role, "--config", str(self.config), *arguments]
        log = self.log_of(role)
        one = Running(command, {**self._env, **(env or {})}, log)
        self._ends.callback(one.kill)
        return one


@pytest.fixture
def node(tmp_path: Path, site: Path, broker: Any) -> Iterator[Site]:  # noqa: ANN401
    """Return a node that is configured for a real broker and not started yet."""
    with contextlib.ExitStack() as ends:
        yield Site(tmp_path, site, broker.url, ends)


class Journal:
    """Receives what a service sends to systemd, on the socket ``$NOTIFY_SOCKET``."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self.env = {"NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": "30000000"}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def receive(self, limit: float = LIMIT) -> str | None:
        """Return the next message, None if there is none within *limit* seconds."""
        self._socket.settimeout(limit)
        try:
            return self._socket.recv(4096).decode()
        except TimeoutError:
            return None

    def receive_until(self, beginning: str) -> list[str]:
        """Return all lines up to the one that begins so; fail if it does not come."""
        received: list[str] = []
        deadline = time.monotonic() + LIMIT
        while not any(line.startswith(beginning) for line in received):
            message = self.receive(max(0.01, deadline - time.monotonic()))
            assert message is not None, f"{beginning} was not received, only {received}"
            received += message.splitlines()
        return received


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "notify") as one:
        yield one


@pytest.fixture
def numbers() -> Callable[[Sequence[Any]], list[int]]:
    """Return a function that reads the numbers out of received results, in order of arrival."""

    def read(received: Sequence[Any]) -> list[int]:
        results = (m for m in received if "/result/" in m.topic)
        return [int(json.loads(m.payload)["values"]["number"]) for m in results]

    return read


@pytest.fixture(scope="session")
def validated() -> Callable[[Any], dict[str, Any]]:
    """Return a function that checks a message against the schema and returns its payload."""
    schema = messages.schema()
    kinds = {
        topic: jsonschema.Draft202012Validator({**reference, "$defs": schema["$defs"]})
        for topic, reference in schema["topics"].items()
    }

    def validate(message: Any) -> dict[str, Any]:  # noqa: ANN401
        _, _, _, *what = message.topic.split("/")
        payload: dict[str, Any] = json.loads(message.payload)
        kinds["event/_outbox" if what == ["event", "_outbox"] else what[0]].validate(payload)
        return payload

    return validate
