"""Writes truth.json, what is really to be seen and heard in a clip; edgenode's demo reads it.

Every object of which anything is in view is listed, with the part of it that is in view: hidden
neither by the frame's edge nor by what stands before it. A word is listed if it is one of the ten;
what else is spoken is not.
"""

from pathlib import Path

import msgspec

from edgenode.demo.truth import (
    REQUIRED_VISIBLE,
    HeardWord,
    Moment,
    SeenObject,
    SeenPerson,
    Truth,
    read,
)
from edgenode.demo.truth import SeenKeypoint as Keypoint

__all__ = [
    "REQUIRED_VISIBLE",
    "HeardWord",
    "Keypoint",
    "Moment",
    "SeenObject",
    "SeenPerson",
    "Truth",
    "read",
    "write",
]


def write(truth: Truth, path: Path) -> None:
    """Write *truth* to *path*, compactly."""
    path.write_bytes(msgspec.json.encode(truth) + b"\n")
