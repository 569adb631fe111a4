"""What the readers of recordings hand to the replay source."""

from typing import NamedTuple

from edgenode import plugin


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
