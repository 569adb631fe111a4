"""MQTT in WebSockets, through a server that stands before a real mosquitto."""

import contextlib
import http
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve

from edgenode.mqtt.exchange import Message
from tests.brokers import Consumer
from tests.mqtt.certificates import Authority

if TYPE_CHECKING:
    from websockets.http11 import Request, Response

    from tests.brokers import Mosquitto
    from tests.mqtt.conftest import Clients

PATH = "/mqtt"


class WebSockets:
    """Passes on what is in WebSockets to a broker, on one path alone.

    What the broker sends arrives in frames of *frame_bytes*: packets share frames, and are cut.
    """

    def __init__(
        self, broker_port: int, tls: ssl.SSLContext | None = None, frame_bytes: int = 7
    ) -> None:
        self._broker_port = broker_port
        self._frame_bytes = frame_bytes
        self._server: Server = serve(
            self._serve,
            "127.0.0.1",
            0,
            ssl=tls,
            subprotocols=["mqtt"],
            process_request=self._refuse_other_paths,
            compression=None,
        )
        scheme, host = ("wss", "localhost") if tls else ("ws", "127.0.0.1")
        self.url = f"{scheme}://{host}:{self._server.socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join(5)

    def _refuse_other_paths(
        self, connection: ServerConnection, request: "Request"
    ) -> "Response | None":
        if request.path == PATH:
            return None
        return connection.respond(http.HTTPStatus.NOT_FOUND, "nothing here\n")

    def _serve(self, client: ServerConnection) -> None:
        with (
            contextlib.suppress(OSError, ConnectionClosed),
            socket.create_connection(("127.0.0.1", self._broker_port)) as broker,
        ):
            back = threading.Thread(target=self._pass_back, args=(broker, client), daemon=True)
            back.start()
            for packets in client:
                assert isinstance(packets, bytes)
                broker.sendall(packets)
            broker.shutdown(socket.SHUT_RDWR)
            back.join()

    def _pass_back(self, broker: socket.socket, client: ServerConnection) -> None:
        with contextlib.suppress(OSError, ConnectionClosed):
            while received := broker.recv(65536):
                for start in range(0, len(received), self._frame_bytes):
                    client.send(received[start : start + self._frame_bytes])
            client.close()


@pytest.fixture
def before() -> Iterator[Callable[..., WebSockets]]:
    """Return a function that has a broker speak WebSockets: ``before(port, tls, frame_bytes)``."""
    with contextlib.ExitStack() as servers:

        def stand(*args: object) -> WebSockets:
            return servers.enter_context(contextlib.closing(WebSockets(*args)))

        yield stand


@pytest.mark.parametrize(("protocol", "frame_bytes"), [("5", 1), ("3.1.1", 7), ("5", 65536)])
def test_messages_arrive_however_packets_and_frames_are_cut(
    before: Callable[..., WebSockets],
    broker: "Mosquitto",
    connect: "Clients",
    protocol: str,
    frame_bytes: int,
) -> None:
    url = before(broker.port, None, frame_bytes).url
    sent = [Message(topic="t/a", payload=b"%d" % number * 50) for number in range(100)]

    with Consumer(url, "t/a", protocol=protocol) as seen_by:
        connect(connect.publish_all(*sent), url, protocol=protocol)
        seen = seen_by.wait_for_topic("t/a", 100)

    assert [message.payload for message in seen] == [message.payload for message in sent]


def test_websockets_in_tls_pass_where_only_https_may(
    broker: "Mosquitto",
    before: Callable[..., WebSockets],
    connect: "Clients",
    until: Callable[..., None],
    authority: Authority,
) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(*authority.sign("websockets"))
    url = before(broker.port, tls).url

    trusting = connect(connect.publish_all(), url, ca_file=authority.file)
    doubting = connect(connect.publish_all(), url)

    until(lambda: trusting.connected)
    until(lambda: "has signed the broker's certificate" in doubting.reason)


def test_a_path_that_takes_none_is_told(
    broker: "Mosquitto",
    before: Callable[..., WebSockets],
    connect: "Clients",
    until: Callable[..., None],
) -> None:
    client = connect(connect.publish_all(), f"{before(broker.port).url}/other")

    until(lambda: "takes no WebSockets there; check path and port" in client.reason)


def test_a_port_that_takes_none_is_told(
    broker: "Mosquitto", connect: "Clients", until: Callable[..., None]
) -> None:
    client = connect(connect.publish_all(), broker.url.replace("mqtt://", "ws://"))

    until(lambda: "takes no WebSockets there; check path and port" in client.reason)
