"""What sources share: the pieces of a recording, and how large and how often frames should be."""

from typing import NamedTuple

from edgenode import plugin

LOWEST_RATE_HZ = 0.2
"""Who wants fewer frames drops some: a source that waits for longer could not be stopped."""


class Piece(NamedTuple):
    """One frame or hop of a recording.

    Attributes:
        data: uint8 [height, width, 3] of a picture, or int16 [n] of sound at ``SAMPLE_RATE``.
        at_s: when it is complete, in seconds into the file.
        until_s: when the file goes on after it, or ends; known only to be right for the last.
    """

    data: plugin.Tensor
    at_s: float
    until_s: float


def broken(path: object, fault: object, cure: str) -> plugin.RecordingError:
    """Return the error for a recording that cannot be read."""
    return plugin.RecordingError(f"recording {str(path)!r}: {fault}; {cure}")


def fitted(full: tuple[int, int], demand: plugin.Demand) -> tuple[int, int]:
    """Return width and height for frames of *full* size; *full* where nothing is demanded.

    ``stretch`` is the size demanded; ``letterbox`` is the aspect of *full* kept inside it.
    """
    if demand.size is None:
        return full
    if demand.fit == "stretch":
        return demand.size
    scale = min(demand.size[0] / full[0], demand.size[1] / full[1])
    return max(round(full[0] * scale), 1), max(round(full[1] * scale), 1)


def rate_enough(demand: plugin.Demand) -> float | None:
    """Return the frames per second to give, None for all there are."""
    return max(demand.rate_hz, LOWEST_RATE_HZ) if demand.rate_hz else None
