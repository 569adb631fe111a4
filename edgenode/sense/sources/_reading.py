"""Shared by sources: the pieces of a recording, and the size and rate of frames."""

from typing import NamedTuple

from edgenode import plugin

LOWEST_RATE_HZ = 0.2
"""The lowest rate of a source. With longer pauses it could not be stopped in time."""


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


def unreadable(path: object, fault: object, cure: str) -> plugin.RecordingError:
    """Return (do not raise) the error for a recording that cannot be read."""
    return plugin.RecordingError(f"recording {str(path)!r}: {fault}; {cure}")


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
