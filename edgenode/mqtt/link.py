"""One connection to a broker, which paho makes.

Each connection is a paho client of its own. It is driven by its owner's thread and thrown away when
the connection ends. So paho has no queue that it would send at once after a reconnect, and no
thread of its own, which an exception could end without anybody noticing.
"""

import contextlib
import ssl
import time
from collections import deque

from paho.mqtt import client as paho
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edgenode.errors import BrokerError
from edgenode.mqtt import causes, endpoint, packets, standard
from edgenode.mqtt.exchange import (
    Acknowledged,
    ClosedError,
    Grants,
    Incoming,
    LackingError,
    Message,
    Received,
    RefusedError,
    SilentError,
    Terms,
    UnansweredError,
    UnsupportedError,
)
from edgenode.waker import READ, WRITE, File, Waker, wait_for_files

REPLY_S = 10.0
LOCAL_REPLY_S = 2.0

UNSPECIFIED = 0x80
CLOSED = "it closed the connection"

NO_TOPIC = ""
"""For a message whose topic is not UTF-8: no filter matches it."""


class Link:
    """One connection, from CONNECT to its end. For one thread.

    Attributes:
        grants: what the broker has granted; not known before it is ``up``.
        end: why the connection has ended, None while it lasts.
    """

    def __init__(self, terms: Terms) -> None:
        """Connect. Raise ``BrokerError`` that says why that is not possible."""
        self.grants = Grants()
        self.end: BrokerError | None = None
        self._terms = terms
        self._at = endpoint.parse(terms.mqtt.url)
        self._tls = endpoint.tls_context(terms.mqtt) if self._at.tls else None
        self._waiting: set[int] = set()
        self._incoming: deque[Incoming] = deque()
        self._replied = False
        self._paho = packets.client(terms, self._at, self._tls)
        self._paho.on_connect = self._on_connect
        self._paho.on_disconnect = self._on_disconnect
        self._paho.on_publish = self._on_publish
        self._paho.on_message = self._on_message
        self._paho.on_subscribe = self._on_subscribe
        # If this is set, paho does not write to the socket inside publish(); ``turn`` does.
        self._paho.on_socket_register_write = lambda *_: None
        self._open(terms)
        self._deadline = time.monotonic() + self._reply_s

    @property
    def number(self) -> int:
        """The number of the connection, as in the terms."""
        return self._terms.number

    @property
    def protocol(self) -> str:
        """The version of MQTT, ``"5"`` or ``"3.1.1"``."""
        return self._terms.protocol

    @property
    def up(self) -> bool:
        """Whether the broker has accepted the connection, and it has not ended."""
        return self._replied and self.end is None

    @property
    def room(self) -> int:
        """How many messages of QoS 1 may be published now."""
        return self.grants.window - len(self._waiting)

    @property
    def unanswered(self) -> bool:
        """Whether a publish is not acknowledged yet."""
        return bool(self._waiting)

    def publish(self, message: Message) -> int:
        """Publish *message*, as ``fitted``; return its packet id, which its answer carries.

        Raise ``BrokerError`` if the link is not up or there is no room.
        """
        message = self.fitted(message)
        if not self.up or (message.qos and self.room <= 0):
            raise BrokerError(f"broker {str(self._at)!r} takes nothing now; publish later")
        about = packets.of_publish(message) if self.protocol == "5" else None
        what = (message.topic, message.payload, message.qos, message.retain)
        info = self._paho.publish(*what, about)
        if message.qos:
            self._waiting.add(info.mid)
        return info.mid

    def fitted(self, message: Message) -> Message:
        """Return *message* as this broker takes it."""
        return message.fitted(retains=self.grants.retains, most_qos=self.grants.most_qos)

    def acknowledge(self, received: Received) -> None:
        """Acknowledge what came on this connection, after it was stored; else do nothing.

        Only for a subscription that the broker keeps. To be called in the order of arrival.
        """
        number, packet_id = received.packet
        if received.qos and number == self.number and self.up:
            self._paho.ack(packet_id, received.qos)

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
            self._ended(CLOSED)
        if not self._replied and self.end is None and time.monotonic() > self._deadline:
            self.end = SilentError(
                f"broker {str(self._at)!r} has not answered for {self._reply_s:g} s; is it MQTT"
                f"{'' if self._at.tls else ', and without TLS'}? for a slow one raise mqtt.reply_s"
            )
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

    @property
    def _reply_s(self) -> float:
        return self._terms.mqtt.reply_s or (LOCAL_REPLY_S if self._at.local else REPLY_S)

    def _open(self, terms: Terms) -> None:
        at, mqtt = self._at, terms.mqtt
        try:
            if terms.protocol == "5":
                clean = terms.will is None and not terms.subscription.keep_s
                about = packets.of_connect(terms)
                self._paho.connect(at.host, at.port, mqtt.keep_alive_s, "", 0, clean, about)
            else:
                self._paho.connect(at.host, at.port, mqtt.keep_alive_s)
        except ssl.SSLError as error:
            why = causes.of_tls(error, mqtt, at.host)
            raise BrokerError(f"broker {str(at)!r} and TLS: {why}") from error
        except paho.WebsocketConnectionError as error:
            raise BrokerError(
                f"broker {str(at)!r} takes no WebSockets there; check path and port of mqtt.url, "
                "and the broker's WebSocket listener"
            ) from error
        except (OSError, ValueError, LookupError) as error:
            why = causes.of_network(error, mqtt, at.host, tls=at.tls)
            raise BrokerError(f"broker {str(at)!r} cannot be reached: {why}") from error
        finally:
            if self._paho.socket() is None:
                self._paho.abandon()

    def _move(self, connection: "paho.SocketLike", waker: Waker, timeout: float) -> None:
        # Bytes that TLS has decrypted already do not make the socket readable.
        pending = connection.pending() if hasattr(connection, "pending") else 0
        files: dict[File, int] = {connection: READ, waker: READ}
        if self._paho.want_write():
            files[connection] |= WRITE
        ready = wait_for_files(files, 0.0 if pending else timeout)
        if waker in ready:
            waker.clear()
        moves = ready.get(connection, 0)
        if moves & READ and not self._replied and (other := endpoint.not_mqtt(connection)):
            self.end = RefusedError(f"broker {str(self._at)!r} {other}")
            return
        if pending or moves & READ:
            self._paho.loop_read()
        if moves & WRITE or self._paho.want_write():
            self._paho.loop_write()
        self._paho.loop_misc()

    def _ended(self, reason: str, code: int = 0) -> None:
        at = str(self._at)
        if self._replied:
            cure = f"; {standard.CURES[code]}" if code in standard.CURES else ""
            kind = BrokerError if code in standard.NOT_OF_A_MESSAGE else ClosedError
            self.end = kind(f"broker {at!r} lost: {reason}{cure}")
        elif isinstance(self._tls, endpoint.Context) and self._tls.alert is not None:
            why = causes.of_tls(self._tls.alert, self._terms.mqtt, self._at.host)
            self.end = RefusedError(f"broker {at!r} and TLS: {why}")
        else:
            hint = "check the client certificate" if self._at.tls else "is TLS spoken there?"
            self.end = UnansweredError(f"broker {at!r} closed before it answered; {hint}")

    def _on_connect(
        self, _client: object, _data: object, flags: paho.ConnectFlags, reason: ReasonCode,
        properties: Properties | None,
    ) -> None:  # fmt: skip
        if reason.is_failure:
            self._refused(reason)
            return
        self._replied = True
        self.grants = packets.granted(self._terms, properties, session=bool(flags.session_present))
        if filters := self._terms.subscription.filters:
            self._paho.subscribe([(topic, 1) for topic in filters])

    def _refused(self, reason: ReasonCode) -> None:
        cure = standard.CURES.get(reason.value)
        text = f"broker {str(self._at)!r} refused us: {str(reason).lower()}"
        text = f"{text}; {cure}" if cure else text
        if reason.value in (standard.NO_RETAIN, standard.LOWER_QOS):
            self.end = LackingError(text, reason.value)
        else:
            unknown = reason.value == standard.UNKNOWN_VERSION
            self.end = UnsupportedError(text) if unknown else RefusedError(text)

    def _on_disconnect(
        self, _client: object, _data: object, flags: paho.DisconnectFlags, reason: ReasonCode,
        _props: object,
    ) -> None:  # fmt: skip
        # paho calls this twice after a keep alive timeout: the first reason is the right one.
        if self.end is None:
            said = flags.is_disconnect_packet_from_server or reason.value != UNSPECIFIED
            self._ended(str(reason).lower() if said else CLOSED, reason.value)

    def _on_publish(
        self, _client: object, _data: object, packet_id: int, reason: ReasonCode, _props: object
    ) -> None:
        if packet_id in self._waiting:
            self._waiting.discard(packet_id)
            self._incoming.append(Acknowledged(packet_id, reason.value))

    def _on_subscribe(
        self, _client: object, _data: object, _mid: int, reasons: list[ReasonCode], _props: object
    ) -> None:
        subscription, at = self._terms.subscription, str(self._at)
        for topic, reason in zip(subscription.filters, reasons, strict=False):
            if reason.is_failure:
                why = f"broker {at!r} lets us not subscribe to {topic!r}"
                self.end = BrokerError(f"{why}: {str(reason).lower()}; check its access list")
            elif subscription.keep_s and not reason.value:
                self.end = BrokerError(
                    f"broker {at!r} grants {topic!r} at QoS 0 only, and so keeps nothing for a "
                    "session; raise its highest QoS, or subscribe without a session"
                )

    def _on_message(self, _client: object, _data: object, message: paho.MQTTMessage) -> None:
        properties = message.properties
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = NO_TOPIC
        self._incoming.append(
            Received(
                topic=topic,
                packet=(self.number, message.mid),
                payload=bytes(message.payload),
                qos=message.qos,
                retained=message.retain,
                expires_s=getattr(properties, "MessageExpiryInterval", None),
                content_type=getattr(properties, "ContentType", None),
            )
        )
