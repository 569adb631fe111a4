"""A broker inside the process: the only module that knows amqtt exists.

It is for the demo only: it speaks MQTT 3.1.1 and stores nothing on a disk.
"""

import asyncio
import contextlib
import logging
import socket
import threading
from types import TracebackType
from typing import Any, Final, Self

from edgenode.errors import BrokerError

PROTOCOL: Final = "3.1.1"
START_S = 10.0
SHUTDOWN_S = 0.5
SHUTDOWN_ATTEMPTS = 5
STOP_S = 3.0


class Broker:
    """Listens on a free port of 127.0.0.1, in a thread of its own. Every client is accepted.

    Attributes:
        url: its address, once it has started.
    """

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._began = threading.Event()
        self._fault: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="broker", daemon=True)
        self.url = ""

    def __enter__(self) -> Self:
        """Start; raise ``BrokerError`` if amqtt is not installed or does not start."""
        # Their logs are about the demo's inside, and would break the table on the terminal.
        for name in ("amqtt", "transitions"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        try:
            import amqtt.broker  # noqa: F401 only whether it is there
        except ImportError as error:
            raise BrokerError(
                "the demo's own broker needs amqtt: pip install 'edgenode[demo]', or give --url"
            ) from error
        self._thread.start()
        if not self._began.wait(START_S) or self._fault is not None:
            raise BrokerError(
                f"the demo's own broker does not start: {self._fault}; give another with --url"
            )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop, and wait up to ``STOP_S`` seconds for the thread."""
        if self._loop is not None and self._stopping is not None:
            self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(STOP_S)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except Exception as error:  # noqa: BLE001 top of a thread; amqtt raises what it likes
            self._fault = error
        finally:
            self._began.set()

    async def _serve(self) -> None:
        from amqtt.broker import Broker as Amqtt

        self._loop = asyncio.get_running_loop()
        # amqtt leaves tasks behind that fail when a client disconnects: not worth a log line.
        self._loop.set_exception_handler(lambda _loop, _context: None)
        self._stopping = asyncio.Event()
        port = _free_port()
        broker = Amqtt(_settings(port))
        await broker.start()
        self.url = f"mqtt://127.0.0.1:{port}"
        self._began.set()
        await self._stopping.wait()
        # amqtt may wait forever for one client. Asked again, it continues with the next one.
        for _ in range(SHUTDOWN_ATTEMPTS):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(broker.shutdown(), SHUTDOWN_S)
                return


def _settings(port: int) -> dict[str, Any]:
    anyone = {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}}
    listener = {"type": "tcp", "bind": f"127.0.0.1:{port}"}
    return {"listeners": {"default": listener}, "plugins": anyone}


def _free_port() -> int:
    # Another process may take the port before the broker does. For a demo that is acceptable.
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
