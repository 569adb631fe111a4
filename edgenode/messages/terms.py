"""The terms every message is made of: names, identities, times and bounded numbers."""

import secrets
from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta

from edgenode.values import Fraction, Label

VERSION = 1
LATE_AFTER_S = 60.0

Name: TypeAlias = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
"""A node or plugin in a topic: no dots (RabbitMQ rewrites them), no spaces (NATS refuses them)."""

Run: TypeAlias = Annotated[str, Meta(pattern=r"^[0-9a-f]{12}$")]
Seq: TypeAlias = Annotated[int, Meta(ge=1)]
Count: TypeAlias = Annotated[int, Meta(ge=0)]
Millis: TypeAlias = Annotated[int, Meta(ge=0)]
Amount: TypeAlias = Annotated[float, Meta(ge=0.0)]
Text: TypeAlias = Annotated[str, Meta(max_length=512)]
Version: TypeAlias = Annotated[int, Meta(ge=1)]
Coordinates: TypeAlias = tuple[Fraction, Fraction, Fraction, Fraction]
Point: TypeAlias = tuple[Fraction, Fraction, Fraction]
Counts: TypeAlias = dict[Label, Count]

Codec: TypeAlias = Literal["json", "msgpack"]
EventType: TypeAlias = Literal["enter", "update", "leave", "keyword"]

Fate: TypeAlias = Literal[
    "starting",
    "running",
    "finished",
    "failed",
    "load-error",
    "config-error",
    "model-error",
    "device-error",
]
"""What became of a plugin: a value that is published and shown, never a crash of the others."""


class Identity(msgspec.Struct, frozen=True):
    """(run, seq) of a result or event; with the node it is unique for ever.

    Attributes:
        run: new at each start of the uplink.
        seq: counts from 1 without gaps over results and events together.
    """

    run: Run
    seq: Seq


def new_run() -> str:
    """Return an id for one start of the uplink: twelve hexadecimal digits."""
    return secrets.token_hex(6)


def millis(at: float) -> int:
    """Return seconds since the epoch as whole milliseconds."""
    return round(at * 1000)
