"""Fixtures every test may use."""

import contextlib
import itertools
import os
import resource
import shutil
import signal
import socket
import subprocess
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self

import pytest

from edgenode import config
from edgenode.mqtt.client import Client
from edgenode.mqtt.exchange import Message, Received, Terms
from edgenode.mqtt.inbox import Inbox
from edgenode.mqtt.link import WINDOW, Link
from edgenode.waker import Waker

# A shell that starts the tests in the background has them, and all that they start, ignore Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)

NUMBERS = itertools.count()
SHARED = Path(__file__).parent.parent.parent / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder with models and media beside the repository, or skip."""
    if not (SHARED / "models").is_dir():
        pytest.skip(f"no models and media at {SHARED}")
    return SHARED


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str, str], None]:
    """Return a function that installs a distribution of one module, for the length of the test.

    It takes the distribution's name, its ``entry_points.txt`` and the module's code; the module is
    named as the distribution, with ``_`` for ``-``.
    """

    def add(name: str, entry_points: str, code: str) -> None:
        folder = tmp_path / f"site-{name}"
        about = folder / f"{name.replace('-', '_')}-1.0.dist-info"
        about.mkdir(parents=True)
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (about / "entry_points.txt").write_text(textwrap.dedent(entry_points))
        (folder / f"{name.replace('-', '_')}.py").write_text(textwrap.dedent(code))
        monkeypatch.syspath_prepend(folder)

    return add


class Mosquitto:
    """A real broker on a free port of the loopback; it may be killed and started again there."""

    PROGRAM = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")

    def __init__(self, folder: Path, settings: str, tls: str = "") -> None:
        self._held = held_port()
        self.port = self._held.getsockname()[1]
        self.url = (
            f"{'mqtts' if tls else 'mqtt'}://{'localhost' if tls else '127.0.0.1'}:{self.port}"
        )
        self._config = folder / f"mosquitto-{self.port}.conf"
        # As root it would become another user, who may not read what a test has written.
        self._config.write_text(f"user root\nlistener {self.port} 127.0.0.1\n{tls}\n{settings}\n")
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self._held.close()

    def start(self) -> None:
        assert self.PROGRAM is not None
        self._process = subprocess.Popen(
            [self.PROGRAM, "-c", str(self._config)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until(self._listens)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._process = None

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Stop the broker's clock, as a half-open link would."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        yield
        self._process.send_signal(signal.SIGCONT)

    def _listens(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
            return True
        return False


class Gate:
    """Stands before a broker: refuses connections while shut, ends those with what is *forbidden*.

    Attributes:
        closed: how many it has ended.
    """

    def __init__(self, port: int, forbidden: bytes | None = None) -> None:
        self.closed = 0
        self._to = port
        self._forbidden = forbidden
        self._held = held_port()
        self.url = "mqtt://127.0.0.1:{1}".format(*self._held.getsockname())
        self.open()

    def open(self) -> None:
        self._listener = socket.create_server(self._held.getsockname())
        threading.Thread(target=self._run, args=(self._listener,), daemon=True).start()

    def shut(self) -> None:
        """Let nobody in any more; who is in stays."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def close(self) -> None:
        self.shut()
        self._held.close()

    def _run(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                client = listener.accept()[0]
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with (
            client,
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", self._to)) as broker,
        ):
            back = threading.Thread(target=self._pass_on, args=(broker, client), daemon=True)
            back.start()
            self._pass_on(client, broker, self._forbidden)
            back.join()

    def _pass_on(
        self, source: socket.socket, target: socket.socket, forbidden: bytes | None = None
    ) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if forbidden and forbidden in data:
                    self.closed += 1
                    break
                target.sendall(data)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


class Consumer:
    """Subscribes like any consumer and keeps what it sees."""

    def __init__(self, url: str, topic: str = "#", **settings: object) -> None:
        self.messages: list[Received] = []
        self._inbox = Inbox()
        mqtt = config.Mqtt(url=url, **settings)
        self._client = Client(mqtt, f"consumer-{next(NUMBERS)}", self._inbox, (topic,))

    def __enter__(self) -> Self:
        self._client.start()
        until(lambda: self._client.connected)
        return self

    def __exit__(self, *_: object) -> None:
        self._client.stop()

    def wait_until(
        self, enough: Callable[[list[Received]], bool], limit: float = 10.0
    ) -> list[Received]:
        """Watch until what was seen is enough; return it, or fail."""
        deadline = time.monotonic() + limit
        while not enough(self.messages):
            message = self._inbox.take(max(0.0, deadline - time.monotonic()))
            assert message is not None, f"not seen in {limit} s, only {self.topics()}"
            self.messages.append(message)
        return self.messages

    def wait_for_topic(self, ending: str, count: int = 1) -> list[Received]:
        """Watch until *count* messages on a topic with this ending were seen; return them."""

        def found(messages: list[Received]) -> list[Received]:
            return [message for message in messages if message.topic.endswith(ending)]

        return found(self.wait_until(lambda messages: len(found(messages)) >= count))

    def topics(self) -> list[str]:
        return [message.topic for message in self.messages]


def held_port() -> socket.socket:
    """Return a socket that keeps a free port of the loopback for whoever listens there later.

    Meanwhile connections are refused, and nobody else on this machine is given it.
    """
    held = socket.socket()
    held.bind(("127.0.0.1", 0))
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return held


def until(condition: Callable[[], bool], limit: float = 10.0) -> None:
    """Wait for *condition*, which nothing can wake us for; fail after *limit* seconds."""
    deadline = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass in time"
        time.sleep(0.002)


@pytest.fixture(name="until")
def _until() -> Callable[..., None]:
    return until


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Callable[..., Mosquitto]]:
    """Return a function that starts a broker: ``mosquitto(settings, tls="")``."""
    if Mosquitto.PROGRAM is None:
        pytest.skip("no mosquitto on this machine; `apt install mosquitto`")
    with contextlib.ExitStack() as brokers:

        def start(settings: str = "allow_anonymous true", tls: str = "") -> Mosquitto:
            return brokers.enter_context(Mosquitto(tmp_path, settings, tls))

        yield start


@pytest.fixture
def broker(mosquitto: Callable[[], Mosquitto]) -> Mosquitto:
    """Return a running broker that lets everyone in."""
    return mosquitto()


@pytest.fixture
def gate() -> Iterator[Callable[..., Gate]]:
    """Return a function that stands before a broker: ``gate(port, forbidden=None)``."""
    with contextlib.ExitStack() as gates:

        def stand(port: int, forbidden: bytes | None = None) -> Gate:
            return gates.enter_context(contextlib.closing(Gate(port, forbidden)))

        yield stand


@pytest.fixture
def consumer() -> Iterator[Callable[..., Consumer]]:
    """Return a function that subscribes: ``consumer(url, topic="#")``."""
    with contextlib.ExitStack() as consumers:

        def subscribe(url: str, topic: str = "#", **settings: object) -> Consumer:
            return consumers.enter_context(Consumer(url, topic, **settings))

        yield subscribe


@pytest.fixture
def publish() -> Iterator[Callable[..., None]]:
    """Return a function that has a broker acknowledge a message: ``publish(url, topic, payload)``.

    With ``retain=True`` it stays there.
    """
    with contextlib.ExitStack() as links:
        opened: dict[str, Link] = {}
        wake = links.enter_context(Waker())

        def link(url: str) -> Link:
            name = f"publisher-{next(NUMBERS)}"
            made = Link(Terms(mqtt=config.Mqtt(url=url), client_id=name, protocol="3.1.1"))
            links.callback(made.close)
            while not made.up:
                made.turn(wake, 1.0)
            return made

        def publish(url: str, topic: str, payload: bytes, *, retain: bool = False) -> None:
            to = opened.get(url) or opened.setdefault(url, link(url))
            to.publish(Message(topic=topic, payload=payload, retain=retain))
            while to.room < WINDOW:
                to.turn(wake, 1.0)

        yield publish


@pytest.fixture(autouse=True)
def _state(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what outlives a process out of the home of whoever runs the tests."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))


@pytest.fixture
def many_files() -> Iterator[Callable[[], None]]:
    """Return a function that opens so many files that the next ones have numbers above 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 2048:
        pytest.skip(f"at most {hard} files may be open here")
    opened: list[int] = []

    def open_many() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2048), hard))
        while not opened or opened[-1] <= 1100:
            opened.append(os.open(os.devnull, os.O_RDONLY))

    yield open_many
    for number in opened:
        os.close(number)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
