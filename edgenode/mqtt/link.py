"""The only module that knows paho exists: one connection to a broker.

Each connection is a paho client of its own. It is driven by its owner's thread and thrown away when
the connection ends. So paho has no queue that it would send at once after a reconnect, and no
thread of its own, which an exception could end without anybody noticing.
"""

import contextlib
import ssl
import time
from collections import deque
from typing import Any

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edgenode.errors import BrokerError
from edgenode.mqtt import endpoint, standard
from edgenode.mqtt.exchange import (
    Acknowledged,
    ClosedError,
    Incoming,
    Message,
    Received,
    RefusedError,
    SilentError,
    Terms,
    UnansweredError,
    UnsupportedError,
)
from edgenode.waker import READ, WRITE, File, Waker, wait_for_files

WINDOW = 16
"""Most messages of QoS 1 in flight, fewer if the broker asks for fewer.

Enough for a round trip on a slow link. All of them are sent again when the connection breaks, and
one by one when the broker closes on one of them: so no more than this.
"""

CONNECT_S = 5.0
REPLY_S = 10.0
LOCAL_REPLY_S = 2.0
SESSION_S = 60
WILL_DELAY_S = 8
LONGEST_S = 0xFFFF_FFFF
"""MQTT has four bytes for an expiry: 136 years."""

NO_TOPIC = ""
"""For a message whose topic is not UTF-8: no filter matches it."""

VERSIONS = {"5": paho.MQTTv5, "3.1.1": paho.MQTTv311}


class Link:
    """One connection, from CONNECT to its end. For one thread.

    Attributes:
        number: as in the terms.
        protocol: ``"5"`` or ``"3.1.1"``.
        kept: whether the broker still had the session of this client.
        largest: bytes of the longest packet that the broker takes.
        end: why the connection has ended, None while it lasts.
    """

    def __init__(self, terms: Terms) -> None:
        self.number = terms.number
        self.protocol = terms.protocol
        self.kept = False
        self.largest = 1 << 28
        self.end: BrokerError | None = None
        self._at = endpoint.parse(terms.mqtt.url)
        self._subscriptions = tuple(terms.subscriptions)
        self._window = WINDOW
        self._retains = True
        self._waiting: set[int] = set()
        self._incoming: deque[Incoming] = deque()
        self._replied = False
        self._paho = _client(terms, tls=self._at.tls)
        self._paho.on_connect = self._on_connect
        self._paho.on_disconnect = self._on_disconnect
        self._paho.on_publish = self._on_publish
        self._paho.on_message = self._on_message
        self._paho.on_subscribe = self._on_subscribe
        # If this is set, paho does not write to the socket inside publish(); ``turn`` does.
        self._paho.on_socket_register_write = lambda *_: None
        self._open(terms)
        reply_s = terms.mqtt.reply_s or (LOCAL_REPLY_S if self._at.local else REPLY_S)
        self._deadline = time.monotonic() + reply_s

    @property
    def up(self) -> bool:
        """Whether the broker has accepted the connection, and it has not ended."""
        return self._replied and self.end is None

    @property
    def room(self) -> int:
        """How many messages of QoS 1 may be published now."""
        return self._window - len(self._waiting)

    @property
    def unanswered(self) -> bool:
        """Whether a publish is not acknowledged yet."""
        return bool(self._waiting)

    def publish(self, message: Message) -> int:
        """Publish *message* and return its packet id, which the acknowledgement carries.

        Raise ``BrokerError`` if the link is not up or there is no room.
        """
        if not self.up or (message.qos and self.room <= 0):
            raise BrokerError(f"broker {str(self._at)!r} takes nothing now; publish later")
        properties = _publish_properties(message) if self.protocol == "5" else None
        retain = message.retain and self._retains
        info = self._paho.publish(message.topic, message.payload, message.qos, retain, properties)
        if message.qos:
            self._waiting.add(info.mid)
        return info.mid

    def size(self, message: Message) -> int:
        """Return the bytes of the packet of *message*, for comparison with ``largest``."""
        return standard.publish_size(message, self.protocol)

    def turn(self, waker: Waker, timeout: float) -> list[Incoming]:
        """Wait for the network or *waker* at most *timeout* seconds; send and receive.

        Return acknowledgements and messages. If the connection has ended, ``end`` is set.
        """
        connection = self._paho.socket()
        if connection is not None:
            self._move(connection, waker, timeout)
        if self.end is None and self._paho.socket() is None:
            self._ended("the connection closed")
        if not self._replied and self.end is None and time.monotonic() > self._deadline:
            self.end = SilentError(f"broker {str(self._at)!r} does not answer; is it MQTT?")
        incoming = list(self._incoming)
        self._incoming.clear()
        return incoming

    def disconnect(self, waker: Waker) -> None:
        """Send DISCONNECT, so that the broker does not publish the will; wait 1 s at most."""
        self._paho.disconnect()
        deadline = time.monotonic() + 1.0
        while self._paho.socket() is not None and time.monotonic() < deadline:
            self.turn(waker, 0.1)

    def close(self) -> None:
        """Close the socket. Without ``disconnect`` before, the broker publishes the will."""
        connection = self._paho.socket()
        if connection is not None:
            with contextlib.suppress(OSError):
                connection.close()

    def _open(self, terms: Terms) -> None:
        options: dict[str, Any] = {}
        if terms.protocol == "5":
            # The broker publishes a delayed will at the latest when the session ends: with a will
            # there must be a session, or a short break would announce us as lost.
            session = _properties(
                PacketTypes.CONNECT, SessionExpiryInterval=SESSION_S if terms.will else 0
            )
            options = {"clean_start": terms.will is None, "properties": session}
        at = self._at
        try:
            self._paho.connect(at.host, at.port, terms.mqtt.keep_alive_s, **options)
        except ssl.SSLError as error:
            raise BrokerError(
                f"broker {str(at)!r} and TLS: {endpoint.why(error)}; check mqtt.ca_file"
            ) from error
        except (OSError, ValueError) as error:
            # Only the TLS handshake can be reset here: TCP itself would be refused.
            hint = "; is TLS spoken there?" if isinstance(error, ConnectionResetError) else ""
            raise BrokerError(
                f"broker {str(at)!r} cannot be reached: {endpoint.why(error)}{hint}"
            ) from error

    def _move(self, connection: "paho.SocketLike", waker: Waker, timeout: float) -> None:
        # Bytes that TLS has decrypted already do not make the socket readable.
        pending = connection.pending() if isinstance(connection, ssl.SSLSocket) else 0
        files: dict[File, int] = {connection: READ, waker: READ}
        if self._paho.want_write():
            files[connection] |= WRITE
        ready = wait_for_files(files, 0.0 if pending else timeout)
        if waker in ready:
            waker.clear()
        moves = ready.get(connection, 0)
        if pending or moves & READ:
            self._paho.loop_read()
        if moves & WRITE or self._paho.want_write():
            self._paho.loop_write()
        self._paho.loop_misc()

    def _ended(self, reason: str, code: int = 0) -> None:
        cure = f"; {standard.CURES[code]}" if code in standard.CURES else ""
        if self._replied:
            kind = BrokerError if code in standard.NOT_OF_A_MESSAGE else ClosedError
            self.end = kind(f"broker {str(self._at)!r} lost: {reason}{cure}")
        else:
            hint = "; check the client certificate" if self._at.tls else ""
            self.end = UnansweredError(f"broker {str(self._at)!r} closed before it answered{hint}")

    def _on_connect(
        self, _client: object, _data: object, flags: paho.ConnectFlags, reason: ReasonCode,
        properties: Properties | None,
    ) -> None:  # fmt: skip
        if reason.is_failure:
            kind = UnsupportedError if reason.value == standard.UNKNOWN_VERSION else RefusedError
            cure = standard.CURES.get(reason.value)
            text = f"broker {str(self._at)!r} refused us: {str(reason).lower()}"
            self.end = kind(f"{text}; {cure}" if cure else text)
            return
        self._replied = True
        self.kept = bool(flags.session_present)
        self._window = min(WINDOW, getattr(properties, "ReceiveMaximum", WINDOW))
        self._retains = bool(getattr(properties, "RetainAvailable", 1))
        self.largest = getattr(properties, "MaximumPacketSize", self.largest)
        if self._subscriptions:
            self._paho.subscribe([(topic, 1) for topic in self._subscriptions])

    def _on_disconnect(
        self, _client: object, _data: object, _flags: object, reason: ReasonCode, _props: object
    ) -> None:
        # paho calls this twice after a keep alive timeout: the first reason is the right one.
        if self.end is None:
            self._ended(str(reason).lower(), reason.value)

    def _on_publish(
        self, _client: object, _data: object, packet_id: int, reason: ReasonCode, _props: object
    ) -> None:
        if packet_id in self._waiting:
            self._waiting.discard(packet_id)
            self._incoming.append(Acknowledged(packet_id, reason.value))

    def _on_subscribe(
        self, _client: object, _data: object, _mid: int, reasons: list[ReasonCode], _props: object
    ) -> None:
        for topic, reason in zip(self._subscriptions, reasons, strict=False):
            if reason.is_failure:
                why = f"broker {str(self._at)!r} lets us not subscribe to {topic!r}"
                self.end = BrokerError(f"{why}: {str(reason).lower()}; check its access list")

    def _on_message(self, _client: object, _data: object, message: paho.MQTTMessage) -> None:
        properties = message.properties
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = NO_TOPIC
        self._incoming.append(
            Received(
                topic=topic,
                payload=bytes(message.payload),
                qos=message.qos,
                retained=message.retain,
                expires_s=getattr(properties, "MessageExpiryInterval", None),
                content_type=getattr(properties, "ContentType", None),
            )
        )


def _client(terms: Terms, *, tls: bool) -> paho.Client:
    client = paho.Client(
        CallbackAPIVersion.VERSION2,
        client_id=terms.client_id,
        protocol=VERSIONS[terms.protocol],
        clean_session=None if terms.protocol == "5" else True,
        reconnect_on_failure=False,
    )
    client.suppress_exceptions = True
    client.connect_timeout = terms.mqtt.reply_s or CONNECT_S
    if tls:
        client.tls_set_context(endpoint.tls_context(terms.mqtt))
    if terms.mqtt.username is not None:
        client.username_pw_set(terms.mqtt.username, endpoint.password(terms.mqtt))
    if terms.will is not None:
        will, properties = terms.will, None
        if terms.protocol == "5":
            properties = _properties(
                PacketTypes.WILLMESSAGE,
                WillDelayInterval=WILL_DELAY_S,
                ContentType=will.content_type,
            )
        client.will_set(will.topic, will.payload, will.qos, will.retain, properties)
    return client


def _publish_properties(message: Message) -> Properties:
    properties = _properties(PacketTypes.PUBLISH, ContentType=message.content_type)
    if message.expires_s is not None:
        properties.MessageExpiryInterval = min(max(1, message.expires_s), LONGEST_S)
    return properties


def _properties(packet: int, **values: str | int) -> Properties:
    properties = Properties(packet)  # type: ignore[no-untyped-call]
    for name, value in values.items():
        setattr(properties, name, value)
    return properties
