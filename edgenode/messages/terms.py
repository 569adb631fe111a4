"""The types of the fields of all messages: names, identities, times and bounded numbers."""

import secrets
from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta

from edgenode.values import (
    LARGEST_INT,
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
    int, Meta(ge=1, le=LARGEST_INT, description="counts from 1 without gaps within the run")
]
Time: TypeAlias = Annotated[Millis, Meta(description="Unix milliseconds")]
Text: TypeAlias = Annotated[str, Meta(max_length=512)]
Version: TypeAlias = Annotated[int, Meta(ge=1, le=255, description="version of the messages")]
ModelId: TypeAlias = Annotated[
    Text, Meta(description="id of the model; empty for a plugin without one")
]
Title: TypeAlias = Annotated[Label, "no label of a model"]
"""Like a ``Label``, but never a label of a model: ``packed`` does not replace it by a class id."""
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
"""The state of a plugin; one that fails has a fate, and the others go on."""


class Identity(msgspec.Struct, frozen=True):
    """(run, seq) of a result or event; together with the node it is unique for ever.

    Attributes:
        run: id of one start of the process that counts ``seq``.
        seq: counts from 1 without gaps, results and events together.
    """

    run: Run
    seq: Seq


def new_run() -> str:
    """Return a new id for one start of a process: twelve hexadecimal digits."""
    # Random, because the clock of a node may be wrong, and an image may be cloned.
    return secrets.token_hex(6)


def millis(at: float) -> int:
    """Return seconds since the epoch as whole milliseconds."""
    return round(at * 1000)
