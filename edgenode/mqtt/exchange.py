"""The values and errors that pass between a client and its owner, whichever library is used."""

from typing import TypeAlias

import msgspec

from edgenode import config
from edgenode.errors import BrokerError

JSON = "application/json"

WINDOW = 16
"""Most messages of QoS 1 in flight, fewer if the broker asks for fewer.

Enough for a round trip on a slow link. All of them are sent again when the connection breaks, and
one by one when the broker closes on one of them: so no more than this.
"""


class RefusedError(BrokerError):
    """Raised when the broker refuses the connection: a person must act."""


class UnsupportedError(RefusedError):
    """Raised when the broker does not speak this version of MQTT."""


class LackingError(RefusedError):
    """Raised when the broker does without what our will asks of it.

    Attributes:
        reason: ``standard.NO_RETAIN`` or ``standard.LOWER_QOS``.
    """

    def __init__(self, text: str, reason: int) -> None:
        super().__init__(text)
        self.reason = reason


class UnansweredError(BrokerError):
    """Raised when the broker closes without an answer: some do so on a version they lack."""


class SilentError(UnansweredError):
    """Raised when the broker never answers: some do so on a version they do not know."""


class ClosedError(BrokerError):
    """Raised when the broker closes a connection that it had accepted; a message may be why."""


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A message to publish; the last two fields have an effect on MQTT 5 only.

    Attributes:
        expires_s: seconds until the broker deletes it, None for never.
    """

    topic: str
    payload: bytes
    qos: int = 1
    retain: bool = False
    expires_s: int | None = None
    content_type: str = JSON

    def fitted(self, *, retains: bool, most_qos: int) -> "Message":
        """Return the message as a broker takes it that has only these."""
        if self.qos <= most_qos and retains >= self.retain:
            return self
        retain, qos = self.retain and retains, min(self.qos, most_qos)
        return msgspec.structs.replace(self, retain=retain, qos=qos)


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """A message that a subscription has received.

    Attributes:
        packet: number of the connection and packet id, for ``Link.acknowledge``.
        expires_s, content_type: set on MQTT 5 only.
    """

    topic: str
    payload: bytes
    qos: int
    retained: bool
    packet: tuple[int, int] = (0, 0)
    expires_s: int | None = None
    content_type: str | None = None


class Acknowledged(msgspec.Struct, frozen=True):
    """The broker's answer to a publish; a refusal if *reason* is ``standard.FAILURE`` or above."""

    packet_id: int
    reason: int


Incoming: TypeAlias = Acknowledged | Received


class Grants(msgspec.Struct, frozen=True, kw_only=True):
    """What a broker grants a connection.

    Attributes:
        session: it still had the session of this client.
        window: most messages of QoS 1 in flight.
        largest: bytes of the longest packet that it takes.
        retains: it keeps retained messages.
        most_qos: 0 or 1.
    """

    session: bool = False
    window: int = WINDOW
    largest: int = 1 << 28
    retains: bool = True
    most_qos: int = 1

    @property
    def lacks(self) -> list[str]:
        """What the broker does without, and what that means, for people."""
        lacks = []
        if not self.retains:
            lacks.append(
                "keeps no retained messages: who subscribes later sees no status, meta and states "
                "until the next ones"
            )
        if not self.most_qos:
            lacks.append("takes QoS 0 only: what is on its way when the connection breaks is lost")
        return lacks


class Subscription(msgspec.Struct, frozen=True):
    """What a consumer asks for.

    Attributes:
        filters: of topics, at QoS 1.
        keep_s: how long the broker keeps what arrives while the consumer is away, until it is
            acknowledged by ``Link.acknowledge``. With 0 it keeps nothing, and what arrives is
            acknowledged at once.
    """

    filters: tuple[str, ...] = ()
    keep_s: int = 0


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What a connection is opened with.

    Attributes:
        protocol: ``"5"`` or ``"3.1.1"``.
        retains, most_qos: what the broker is thought to take; on MQTT 5 it says so itself.
        number: of this connection, counted from 1 over all that a broker may have seen.
        will: what the broker publishes if the connection breaks; with a will there is a session.
        subscription: of a consumer.
    """

    mqtt: config.Mqtt
    client_id: str
    protocol: str = "5"
    retains: bool = True
    most_qos: int = 1
    number: int = 1
    will: Message | None = None
    subscription: Subscription = Subscription()
