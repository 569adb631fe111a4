"""The test bed: models and media, a real broker, and a node's processes around a benchmark."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from edgenode.catalogue.manifest import Manifest, find
from edgenode.catalogue.media import media
from edgenode.catalogue.origin import Origin, origin
from edgenode.catalogue.pull import pull_model
from edgenode.catalogue.store import Store
from edgenode.sense.loading import Loaded, load

MOSQUITTO = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
START_S = 20.0

VIDEO = "one-by-one-person-detection.mp4"
PICTURE = "test_couple.jpg"
SPEECH = "yes_no_go_stop.wav"
DETECTOR, POSE, WORDS = "coco-ssd-mobilenet-v1", "movenet-lightning", "kws-ref"


class MissingError(Exception):
    """Raised by a benchmark that lacks something: it is skipped, and the message is shown."""


class Bed:
    """Provides what benchmarks need; models and media are pulled into *store* once."""

    def __init__(self, folder: Path, store: Path, mirror: str | None) -> None:
        self.folder = folder
        self.store = Store(store)
        self._origin: Origin = origin(mirror)

    def manifest(self, model: str) -> Manifest:
        """Return the manifest of *model*, its files pulled; raise ``ModelError`` if they cannot."""
        manifest = find(model)
        for kind in manifest.pins:
            # Benchmarks run on the CPU only.
            if kind != "edgetpu":
                pull_model(manifest, kind, self.store, self._origin)
        return manifest

    def load(self, model: str) -> Loaded:
        """Return *model* in memory, on the CPU."""
        return load(self.manifest(model), self.store, "cpu")

    def model_file(self, model: str) -> Path:
        """Return the path of the CPU's file of *model*."""
        return self.store.path(self.manifest(model), "cpu")

    def media(self, name: str) -> Path:
        """Return the path of recording *name*; raise ``ModelError`` if it is not to be had."""
        return media(name, self.store, self._origin)

    def config(self, url: str, tables: str) -> Path:
        """Write a node's configuration with *tables* after the common ones; return its path."""
        path = self.folder / "edgenode.toml"
        common = f'[node]\nid = "bench"\n[mqtt]\nurl = "{url}"\n'
        path.write_text(f'{common}[models]\nstore = "{self.store.folder.absolute()}"\n{tables}')
        return path

    @contextlib.contextmanager
    def broker(self) -> Iterator[str]:
        """Run a mosquitto; yield its URL. Raise ``MissingError`` where there is none."""
        if MOSQUITTO is None:
            raise MissingError("no mosquitto: `apt install mosquitto`")
        port = _free_port()
        path = self.folder / "mosquitto.conf"
        path.write_text(f"user root\nlistener {port} 127.0.0.1\nallow_anonymous true\n")
        with _running([MOSQUITTO, "-c", str(path)], quiet=True):
            _until(lambda: _listens(port))
            yield f"mqtt://127.0.0.1:{port}"

    @contextlib.contextmanager
    def uplink(self, url: str) -> Iterator[Path]:
        """Run a real uplink in a process of its own; yield the socket it listens at."""
        path = self.folder / "handover.sock"
        with edgenode("uplink", "--config", str(self.config(url, "")), "--socket", str(path)):
            _until(path.exists)
            yield path

    def three_plugins(self, pictures: Path, rate_hz: float) -> str:
        """Return the tables of a node with all three plugins on looping recordings."""
        for model in (DETECTOR, POSE, WORDS):
            self.manifest(model)
        return f"""
[sources.front]
use = "replay"
path = "{pictures.absolute()}"
loop = true
rate_hz = {rate_hz}
[sources.mic]
use = "replay"
path = "{self.media(SPEECH).absolute()}"
loop = true
[plugins.things]
use = "object-detection"
source = "front"
model = "{DETECTOR}"
rate_hz = {rate_hz}
[plugins.posture]
use = "pose-estimation"
source = "front"
model = "{POSE}"
rate_hz = {rate_hz}
[plugins.words]
use = "keyword-spotting"
source = "mic"
model = "{WORDS}"
"""


@contextlib.contextmanager
def edgenode(*arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command of edgenode; its log is shown only if it ends too early."""
    with _running([sys.executable, "-m", "edgenode", *arguments]) as process:
        yield process


@contextlib.contextmanager
def script(name: str, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program that lies beside this file."""
    with _running([sys.executable, str(Path(__file__).with_name(name)), *arguments]) as process:
        yield process


@contextlib.contextmanager
def _running(command: Sequence[str], *, quiet: bool = False) -> Iterator[subprocess.Popen[bytes]]:
    errors = subprocess.DEVNULL if quiet else subprocess.PIPE
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors) as process:
        try:
            yield process
            status = process.poll()
            if status is not None and process.stderr is not None:
                log = process.stderr.read().decode(errors="replace")
                raise RuntimeError(f"{' '.join(command)} ended with status {status}:\n{log}")
        finally:
            process.terminate()


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + START_S
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not there after {START_S:g} s; is the machine busy?")
        time.sleep(0.005)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False
