"""Reads the truth of a clip, truth.json: what is really to be seen and heard in it.

::

    {"fps": 10.0, "width": 320, "height": 240,
     "frames": [{"objects": [["person", 0.31, 0.2, 0.52, 0.93, 1.0], ...],
                 "people": [{"box": [0.31, 0.2, 0.52, 0.93], "visible": 1.0,
                             "keypoints": [[0.42, 0.27, 1], ... 17 of them]}, ...]},
                ... one per frame of the video, in its order],
     "words": [{"label": "yes", "start_s": 1.2, "end_s": 1.7}, ...]}

Places are fractions of the frame: x to the right, y downward.
"""

from pathlib import Path
from typing import Annotated, NamedTuple

import msgspec
from msgspec import Meta

from edgenode.errors import RecordingError
from edgenode.values import KEYPOINTS

REQUIRED_VISIBLE = 0.35
"""An object of which a smaller fraction is visible may be found, but need not be."""

FRAME_TOLERANCE = 0.25
"""How far a time may be from the start of a frame and still belong to it, in frames."""


class SeenObject(msgspec.Struct, frozen=True, array_like=True):
    """An object that is at least partly in view; an array of six in the file.

    Attributes:
        left, top, right, bottom: the whole object, clipped to the frame. What another object hides
            is inside the box, too.
        visible: 0..1, the fraction of its surface that is in view.
    """

    label: str
    left: float
    top: float
    right: float
    bottom: float
    visible: float

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom."""
        return (self.left, self.top, self.right, self.bottom)

    @property
    def required(self) -> bool:
        """Whether enough of it is in view that it must be found."""
        return self.visible >= REQUIRED_VISIBLE


class SeenKeypoint(NamedTuple):
    """A joint; ``visible`` is 1 inside the frame, even if something hides it, and 0 outside."""

    x: float
    y: float
    visible: int


class SeenPerson(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A person in view; also one of the objects. Keypoints have the order of ``KEYPOINTS``."""

    box: tuple[float, float, float, float]
    visible: float
    keypoints: Annotated[
        tuple[SeenKeypoint, ...], Meta(min_length=len(KEYPOINTS), max_length=len(KEYPOINTS))
    ]

    @property
    def required(self) -> bool:
        """Whether enough of the person is in view that a pose must be found."""
        return self.visible >= REQUIRED_VISIBLE


class Moment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one frame shows; the first of ``people`` has the largest box."""

    objects: tuple[SeenObject, ...] = ()
    people: tuple[SeenPerson, ...] = ()


class HeardWord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A spoken word; times are seconds from the start of the clip."""

    label: str
    start_s: float
    end_s: float


class Truth(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file. Sound and video have the same length."""

    fps: Annotated[float, Meta(gt=0)]
    width: Annotated[int, Meta(ge=1)]
    height: Annotated[int, Meta(ge=1)]
    frames: Annotated[tuple[Moment, ...], Meta(min_length=1)]
    words: tuple[HeardWord, ...] = ()

    @property
    def lasts_s(self) -> float:
        """Length of the clip in seconds."""
        return len(self.frames) / self.fps

    def at(self, played_s: float) -> Moment | None:
        """Return the frame that starts at *played_s*, seconds since the first round started.

        Return None for a time between the starts of two frames.
        """
        place = played_s * self.fps
        # Times are rounded to milliseconds on the way, so they are not exactly those of frames.
        number = round(place)
        return (
            self.frames[number % len(self.frames)]
            if abs(place - number) < FRAME_TOLERANCE
            else None
        )


def read(path: Path) -> Truth:
    """Return the truth in the file at *path*; raise ``RecordingError`` if it cannot be read."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Truth)
    except OSError as error:
        raise RecordingError(f"truth {str(path)!r}: {error.strerror}; check the path") from error
    except msgspec.DecodeError as error:
        raise RecordingError(
            f"truth {str(path)!r}: {error}; write it as docs/demo.md says, or render the clip anew"
        ) from error
