"""Makes what paho takes for a connection: its client, and the properties of packets."""

import contextlib
import socket
import ssl

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from edgenode.mqtt import endpoint
from edgenode.mqtt.exchange import Grants, Message, Terms

CONNECT_S = 5.0
SESSION_S = 60
WILL_DELAY_S = 8
LONGEST_S = 0xFFFF_FFFF
"""MQTT has four bytes for an expiry: 136 years."""

LARGEST_BYTES = 1 << 22
"""Of a packet that a broker may send us: whoever may publish must not fill a consumer's memory."""

VERSIONS = {"5": paho.MQTTv5, "3.1.1": paho.MQTTv311}


class PahoClient(paho.Client):
    """Remembers the socket it opens, which paho forgets where a handshake on it fails."""

    _opened: socket.socket | None = None

    def abandon(self) -> None:
        """Close the socket of an attempt that has failed."""
        if self._opened is not None:
            with contextlib.suppress(OSError):
                self._opened.close()

    def _create_socket_connection(self) -> socket.socket:
        self._opened = super()._create_socket_connection()
        return self._opened

    def _ssl_wrap_socket(self, tcp_sock: socket.socket) -> ssl.SSLSocket:
        self._opened = wrapped = super()._ssl_wrap_socket(tcp_sock)
        return wrapped


def client(terms: Terms, at: endpoint.Endpoint, tls: ssl.SSLContext | None) -> PahoClient:
    """Return a client for one connection. Raise ``BrokerError`` if the password cannot be used."""
    made = PahoClient(
        CallbackAPIVersion.VERSION2,
        client_id=terms.client_id,
        protocol=VERSIONS[terms.protocol],
        clean_session=None if terms.protocol == "5" else not terms.subscription.keep_s,
        transport="websockets" if at.path else "tcp",
        reconnect_on_failure=False,
        manual_ack=terms.subscription.keep_s > 0,
    )
    made.suppress_exceptions = True
    made.connect_timeout = terms.mqtt.reply_s or CONNECT_S
    if at.path:
        made.ws_set_options(at.path)
    if tls is not None:
        made.tls_set_context(tls)
    if terms.mqtt.username is not None:
        made.username_pw_set(terms.mqtt.username, endpoint.password(terms.mqtt))
    if terms.will is not None:
        will = terms.will
        about = _of_will(will) if terms.protocol == "5" else None
        made.will_set(will.topic, will.payload, will.qos, will.retain, about)
    return made


def of_connect(terms: Terms) -> Properties:
    """Return the properties of CONNECT: how long the session is kept, and what is too large."""
    # The broker publishes a delayed will at the latest when the session ends: with a will there
    # must be a session, or a short break would announce us as lost.
    session_s = terms.subscription.keep_s or (SESSION_S if terms.will else 0)
    return _properties(
        PacketTypes.CONNECT,
        SessionExpiryInterval=min(session_s, LONGEST_S),
        MaximumPacketSize=LARGEST_BYTES,
    )


def of_publish(message: Message) -> Properties:
    """Return the properties of PUBLISH: what it is, and when it expires."""
    properties = _properties(PacketTypes.PUBLISH, ContentType=message.content_type)
    if message.expires_s is not None:
        properties.MessageExpiryInterval = min(max(1, message.expires_s), LONGEST_S)
    return properties


def granted(terms: Terms, properties: Properties | None, *, session: bool) -> Grants:
    """Return what the broker grants in CONNACK; on 3.1.1 it does not say."""
    grants = Grants(session=session, retains=terms.retains, most_qos=terms.most_qos)
    if terms.protocol != "5":
        return grants
    return Grants(
        session=session,
        window=min(grants.window, getattr(properties, "ReceiveMaximum", grants.window)),
        largest=getattr(properties, "MaximumPacketSize", grants.largest),
        retains=bool(getattr(properties, "RetainAvailable", 1)),
        most_qos=min(1, getattr(properties, "MaximumQoS", 1)),
    )


def _of_will(will: Message) -> Properties:
    return _properties(
        PacketTypes.WILLMESSAGE, WillDelayInterval=WILL_DELAY_S, ContentType=will.content_type
    )


def _properties(packet: int, **values: str | int) -> Properties:
    properties = Properties(packet)  # type: ignore[no-untyped-call]
    for name, value in values.items():
        setattr(properties, name, value)
    return properties
