"""Shared by readers of recordings: their pieces, what is wrong with one, frames' size and rate."""

from collections import Counter
from typing import NamedTuple, TypeAlias

from edgenode import plugin

LOWEST_RATE_HZ = 0.2
"""The lowest rate of a source. With longer pauses it could not be stopped in time."""

LARGEST_PIXELS = 50_000_000
"""Pixels of the largest frame that is decoded. It takes about 350 MB: four bytes, then three."""

Flaws: TypeAlias = Counter[str]
"""What is wrong with a recording that was read all the same, and how often each."""

UNDECODED, DAMAGED, DISBELIEVED, BREAKS, MISSING = (
    "frames that could not be decoded",
    "frames that may be damaged",
    "times that were not believed",
    "places that could not be read",
    "frames that are missing at its end",
)
"""What readers of frames count. The first are lost."""


class Piece(NamedTuple):
    """One frame or hop of a recording.

    Attributes:
        data: uint8 [height, width, 3] of a picture, or int16 [n] of sound at ``SAMPLE_RATE``.
        at_s: the time in the file at which it is complete, in seconds.
        until_s: the time in the file at which the next one starts; exact only for the last piece.
    """

    data: plugin.Tensor
    at_s: float
    until_s: float


class Pace:
    """Chooses the frames of a film: no more per second than are enough, all where none is said."""

    def __init__(self, demand: plugin.Demand) -> None:
        self._period_s = 1.0 / demand.rate_hz if demand.rate_hz else 0.0
        self._due_s = 0.0

    def takes(self, at_s: float, lasts_s: float) -> bool:
        """Return whether the frame at *at_s*, shown for *lasts_s*, is one of them."""
        # Half a frame early is on time: time stamps are rounded.
        if self._period_s and at_s < self._due_s - lasts_s / 2:
            return False
        self._due_s = max(self._due_s, at_s - self._period_s) + self._period_s
        return True


def unreadable(path: object, fault: object, cure: str) -> plugin.RecordingError:
    """Return (do not raise) the error for a recording that cannot be read."""
    return plugin.RecordingError(f"recording {str(path)!r}: {fault}; {cure}")


def cause(error: BaseException) -> str:
    """Return what a library says with *error*, in one line; its kind where it says nothing."""
    if isinstance(error, MemoryError):
        return "there is not enough memory for it"
    said = " ".join(str(getattr(error, "strerror", None) or error).split())
    if isinstance(error, OSError | SyntaxError | ValueError) and said:
        return said
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def pixels_of(size: tuple[int, int]) -> str:
    """Return how large a frame of *size* (width, height) is, for a message."""
    width, height = size
    return f"{width}x{height}, {width * height / 1e6:.0f} million pixels"


def fitted(full: tuple[int, int], demand: plugin.Demand) -> tuple[int, int]:
    """Return width and height for frames of *full* size; without a demand *full* itself.

    ``stretch``: the demanded size. ``letterbox``: the largest size inside it with the same aspect.
    """
    if demand.size is None:
        return full
    if demand.fit == "stretch":
        return demand.size
    scale = min(demand.size[0] / full[0], demand.size[1] / full[1])
    return max(round(full[0] * scale), 1), max(round(full[1] * scale), 1)


def rate_enough(demand: plugin.Demand) -> float | None:
    """Return how many frames per second to yield; None for all."""
    return max(demand.rate_hz, LOWEST_RATE_HZ) if demand.rate_hz else None
