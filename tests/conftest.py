"""Fixtures every test may use."""

import contextlib
import os
import resource
import signal
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edgenode import config
from edgenode.catalogue.store import Store
from edgenode.mqtt.exchange import WINDOW, Message, Terms
from edgenode.mqtt.link import Link
from edgenode.service import Signals
from edgenode.waker import Waker
from tests.brokers import NUMBERS, Consumer, Gate, Mosquitto
from tests.waiting import until

# A shell that starts the tests in the background has them, and all that they start, ignore Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)

OURS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
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


@pytest.fixture(scope="session")
def tried_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder in which all tests remember the models that work."""
    return tmp_path_factory.mktemp("tried-models")


@pytest.fixture(autouse=True)
def _state(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, tried_models: Path
) -> None:
    """Keep what outlives a process out of the home of whoever runs the tests."""
    home = tmp_path_factory.mktemp("state")
    (home / "edgenode").mkdir()
    (home / "edgenode" / "tried-models").symlink_to(tried_models)
    monkeypatch.setenv("XDG_STATE_HOME", str(home))


@pytest.fixture
def handlers() -> Iterator[None]:
    """Put the handlers of signals back."""
    before = {number: signal.getsignal(number) for number in OURS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def signals(handlers: None) -> Signals:
    """Return the handlers of a service at work."""
    return Signals()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return where a configuration may be written."""
    return tmp_path / "edgenode.toml"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Return a store of models, empty."""
    return Store(tmp_path / "store")


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
