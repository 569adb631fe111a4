"""What readers of sound share: bytes that can be looked at ahead, and the samples they yield."""

from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray


class Stretch(NamedTuple):
    """A piece of decoded sound: int16 [frames, channels], *rate* frames per second."""

    rate: int
    frames: NDArray[np.int16]


class Ahead:
    """A file or pipe that is read forwards only, with a look at the bytes that come next."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._ahead = b""

    def peek(self, count: int) -> bytes:
        """Return the next *count* bytes, fewer at the end; ``read`` returns them again."""
        self._ahead += self._more(count - len(self._ahead))
        return self._ahead[:count]

    def read(self, count: int) -> bytes:
        """Return the next *count* bytes; fewer only at the end."""
        taken, self._ahead = self._ahead[:count], self._ahead[count:]
        return taken + self._more(count - len(taken))

    def skip(self, count: int) -> None:
        """Pass over *count* bytes, or all there are."""
        while count > 0 and (passed := len(self.read(min(count, 1 << 16)))):
            count -= passed

    def _more(self, count: int) -> bytes:
        return self._file.read(count) if count > 0 else b""


def sixteen_bits(samples: NDArray[Any]) -> NDArray[np.int16]:
    """Return *samples* of any type, full scale, as int16: the upper bits, floats within -1 to 1.

    What is no number becomes silence.
    """
    if samples.dtype.kind == "f":
        whole: NDArray[np.int16] = (np.clip(np.nan_to_num(samples), -1.0, 1.0) * 32767.0).astype(
            np.int16
        )
        return whole
    if samples.dtype == np.uint8:
        return (samples.astype(np.int16) - 128) << 8
    upper: NDArray[np.int16] = (samples >> (8 * samples.dtype.itemsize - 16)).astype(np.int16)
    return upper
