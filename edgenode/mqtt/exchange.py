"""The values and errors that pass between a client and its owner, whichever library is used."""

from collections.abc import Sequence
from typing import TypeAlias

import msgspec

from edgenode import config
from edgenode.errors import BrokerError

JSON = "application/json"


class RefusedError(BrokerError):
    """Raised when the broker refuses the connection: a person must act."""


class UnsupportedError(RefusedError):
    """Raised when the broker does not speak this version of MQTT."""


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


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """A message that a subscription has received; the last two fields are set on MQTT 5 only."""

    topic: str
    payload: bytes
    qos: int
    retained: bool
    expires_s: int | None = None
    content_type: str | None = None


class Acknowledged(msgspec.Struct, frozen=True):
    """The broker's answer to a publish; a refusal if *reason* is ``standard.FAILURE`` or above."""

    packet_id: int
    reason: int


Incoming: TypeAlias = Acknowledged | Received


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What a connection is opened with.

    Attributes:
        protocol: ``"5"`` or ``"3.1.1"``.
        number: of this connection, counted from 1 over all that a broker may have seen.
        will: what the broker publishes if the connection breaks; with a will there is a session.
        subscriptions: topic filters, at QoS 1.
    """

    mqtt: config.Mqtt
    client_id: str
    protocol: str
    number: int = 1
    will: Message | None = None
    subscriptions: Sequence[str] = ()
