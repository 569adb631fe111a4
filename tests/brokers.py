"""A real broker, what may stand before it, and a consumer that sees what it sends."""

import contextlib
import itertools
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self

from edgenode import config
from edgenode.mqtt.client import Client
from edgenode.mqtt.exchange import Received, Subscription
from edgenode.mqtt.inbox import Inbox
from tests.waiting import until

NUMBERS = itertools.count()
"""One for each client of a broker, which knows them by name."""


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
        mqtt, asked = config.Mqtt(url=url, **settings), Subscription((topic,))
        self._client = Client(mqtt, f"consumer-{next(NUMBERS)}", self._inbox, asked)

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
