"""Knows what truth.json looks like: what is really to be seen and heard in a clip.

The file lies beside ``scene.mp4`` and ``speech.wav``, which last equally long::

    {"fps": 10.0, "width": 320, "height": 240,
     "frames": [
       {"objects": [["person", 0.31, 0.2, 0.52, 0.93, 1.0], ["ball", ...], ...],
        "people": [{"box": [0.31, 0.2, 0.52, 0.93], "visible": 1.0,
                    "keypoints": [[0.42, 0.27, 1], ... 17 of them]}, ...]},
       ... one per frame of the video, in its order],
     "words": [{"label": "yes", "start_s": 1.2, "end_s": 1.7}, ...]}

Places are fractions of the frame, x to the right and y downward, rounded to three digits. Every
object of which anything is in view is listed, with the part of it that is in view: hidden neither
by the frame's edge nor by what stands before it. A scorer demands only what is visible enough
(``REQUIRED_VISIBLE``), and neither rewards nor punishes a finding of the rest.
"""

from pathlib import Path
from typing import NamedTuple

import msgspec

REQUIRED_VISIBLE = 0.35
"""A detector is asked to find what is visible to at least this part."""


class SeenObject(msgspec.Struct, frozen=True, array_like=True):
    """An object in view: an array of six in the file."""

    label: str
    """person, ball, bottle or box."""
    left: float
    top: float
    right: float
    bottom: float
    """The box is clipped to the frame, and goes round what another object hides, too."""
    visible: float
    """0..1, the part of the object's surface in view."""


class Keypoint(NamedTuple):
    """A joint: an array of three in the file."""

    x: float
    y: float
    visible: int
    """1: inside the frame (be it behind something); 0: outside it, x and y beyond 0..1."""


class SeenPerson(msgspec.Struct, frozen=True):
    """A person in view, who is among the objects as well."""

    box: tuple[float, float, float, float]
    """Left, top, right, bottom."""
    visible: float
    keypoints: tuple[Keypoint, ...]
    """Seventeen, in COCO's order: nose, eyes, ears, shoulders, ... ankles, left before right."""


class Moment(msgspec.Struct, frozen=True):
    """What one frame of the video shows."""

    objects: tuple[SeenObject, ...] = ()
    people: tuple[SeenPerson, ...] = ()
    """The largest box first: that is whom pose estimation of a single person is asked for."""


class HeardWord(msgspec.Struct, frozen=True):
    """A word of the ten that is spoken; what else is spoken is not listed."""

    label: str
    start_s: float
    end_s: float


class Truth(msgspec.Struct, frozen=True):
    """The whole of truth.json."""

    fps: float
    width: int
    height: int
    frames: tuple[Moment, ...]
    words: tuple[HeardWord, ...]


def write(truth: Truth, path: Path) -> None:
    """Write *truth* to *path*, compactly."""
    path.write_bytes(msgspec.json.encode(truth) + b"\n")


def read(path: Path) -> Truth:
    """Return the truth at *path*. Raise ``msgspec.ValidationError`` when it has another form."""
    return msgspec.json.decode(path.read_bytes(), type=Truth)
