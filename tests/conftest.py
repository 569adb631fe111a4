"""Fixtures every test may use."""

import contextlib
import os
import resource
import shutil
import signal
import socket
import subprocess
import textwrap
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
        self.port = free_port()
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


class Consumer:
    """Subscribes like any consumer and keeps what it sees."""

    def __init__(self, url: str, topic: str = "#", **settings: object) -> None:
        self.messages: list[Received] = []
        self._inbox = Inbox()
        mqtt = config.Mqtt(url=url, **settings)
        self._client = Client(mqtt, f"consumer-{free_port()}", self._inbox, (topic,))

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


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


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
            terms = Terms(mqtt=config.Mqtt(url=url), client_id=f"p-{free_port()}", protocol="3.1.1")
            made = Link(terms)
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


@pytest.fixture(autouse=True)
def _state(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what outlives a process out of the home of whoever runs the tests."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
