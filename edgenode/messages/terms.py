"""The terms every message is made of: names, identities, times and bounded numbers."""

import secrets
from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta

from edgenode.values import (
    MOST,
    Amount,
    Count,
    Finite,
    Fraction,
    HappeningType,
    Label,
    Millis,
    Name,
    exactly,
)

__all__ = [
    "LATE_AFTER_S",
    "VERSION",
    "Amount",
    "Codec",
    "Coordinates",
    "Count",
    "Counts",
    "EventType",
    "Fate",
    "Finite",
    "Fraction",
    "Identity",
    "Label",
    "Millis",
    "ModelId",
    "Name",
    "Point",
    "Run",
    "Seq",
    "Text",
    "Time",
    "Title",
    "Version",
    "millis",
    "new_run",
]

VERSION = 1
LATE_AFTER_S = 60.0

Run: TypeAlias = Annotated[
    str, exactly("[0-9a-f]{12}"), Meta(description="one start of the process that counts seq")
]
Seq: TypeAlias = Annotated[
    int, Meta(ge=1, le=MOST, description="counts from 1 without gaps within the run")
]
Time: TypeAlias = Annotated[Millis, Meta(description="Unix milliseconds")]
Text: TypeAlias = Annotated[str, Meta(max_length=512)]
Version: TypeAlias = Annotated[int, Meta(ge=1, le=255, description="version of the messages")]
ModelId: TypeAlias = Annotated[
    Text, Meta(description="id of the model; empty for a plugin without one")
]
Title: TypeAlias = Annotated[Label, Meta(description="a name that is no label of a model")]
Coordinates: TypeAlias = tuple[Fraction, Fraction, Fraction, Fraction]
Point: TypeAlias = tuple[Fraction, Fraction, Fraction]
Counts: TypeAlias = dict[Label, Count]

Codec: TypeAlias = Literal["json", "msgpack"]
EventType: TypeAlias = HappeningType

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
