"""What passes between a program of ours and a broker, whichever library carries it."""

from collections.abc import Sequence
from typing import TypeAlias

import msgspec

from edgenode import config
from edgenode.errors import BrokerError

FAILURE = 0x80
"""Reason codes from here on are refusals."""

QUOTA_EXCEEDED = 0x97
JSON = "application/json"


class RefusedError(BrokerError):
    """Raised when the broker does not let us in: somebody must act."""


class UnsupportedError(RefusedError):
    """Raised when the broker does not speak this version of MQTT."""


class UnansweredError(BrokerError):
    """Raised when the broker closes before it has answered: some do so on a version they lack."""


class SilentError(UnansweredError):
    """Raised when the broker says nothing: some wait for ever on a version they do not know."""


class ClosedError(BrokerError):
    """Raised when the broker ends a connection that it had accepted: it may not like a message."""


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """What is published. On MQTT 5 the broker hears what the payload is, and when it expires."""

    topic: str
    payload: bytes
    qos: int = 1
    retain: bool = False
    expires_s: int | None = None
    content_type: str = JSON


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """What a subscription brought; the last two only on MQTT 5."""

    topic: str
    payload: bytes
    qos: int
    retained: bool
    expires_s: int | None = None
    content_type: str | None = None


class Acknowledged(msgspec.Struct, frozen=True):
    """The broker's answer to a publish: refused if *reason* is ``FAILURE`` or above."""

    ticket: int
    reason: int


News: TypeAlias = Acknowledged | Received


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What a connection is opened with.

    Attributes:
        protocol: ``"5"`` or ``"3.1.1"``.
        number: counts the connections a broker may have seen.
        will: what the broker says should the connection break; whoever has one keeps a session.
        subscriptions: topic filters, at QoS 1.
    """

    mqtt: config.Mqtt
    client_id: str
    protocol: str
    number: int = 1
    will: Message | None = None
    subscriptions: Sequence[str] = ()
