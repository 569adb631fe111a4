"""The data that plugins work with: samples, tensors, and the description of a model.

The names here are part of ``edgenode.plugin``, which authors import.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol, TypeAlias, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 16_000
"""Samples per second of every ``Audio``. A source with another rate must resample."""

Tensor: TypeAlias = NDArray[Any]
Fit: TypeAlias = Literal["stretch", "letterbox"]
ArrayT = TypeVar("ArrayT", bound=Tensor)


class Sample(Protocol):
    """What a source yields and a plugin takes: ``Frame``, ``Audio``, or a class of an author.

    All plugins of a source share its samples; the arrays are read-only.

    Attributes:
        title: its plural in messages to the user, such as "frames".
        capacity: how many may wait for a slow plugin; then the oldest is lost.
    """

    title: ClassVar[str]
    capacity: ClassVar[int]

    @property
    def captured_at(self) -> float:
        """Seconds since the epoch, UTC."""

    @property
    def nbytes(self) -> int:
        """Size of the raw data in bytes."""


def is_kind(found: object) -> bool:
    """Return whether *found* is a class of samples."""
    named = ("title", "capacity", "nbytes")
    return isinstance(found, type) and all(hasattr(found, name) for name in named)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Frame:
    """A sample from a camera. It has no encoder and never leaves the process.

    Attributes:
        pixels: uint8 [height, width, channels], RGB for a camera. Always the full field of view, so
            that fractions of a scaled frame are valid for the full frame, too.
        captured_at: seconds since the epoch, UTC.
        at_s: seconds from the start of the recording; None for a live sensor.
        origin: file that the frame was read from; empty for a live sensor.
    """

    title: ClassVar[str] = "frames"
    capacity: ClassVar[int] = 1

    pixels: Tensor
    captured_at: float
    at_s: float | None = None
    origin: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "pixels", _read_only(self.pixels))

    @property
    def nbytes(self) -> int:
        """Size of the pixels in bytes."""
        return self.pixels.nbytes


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Audio:
    """A sample from a microphone: a source yields hops, a plugin receives windows.

    Attributes:
        samples: int16 [n], mono, ``SAMPLE_RATE`` per second.
        position: number of the first sample since the source was opened; a jump is a gap.
        captured_at: capture time of the last sample, seconds since the epoch, UTC.
        at_s: seconds from the start of the recording to the last sample; None for a live sensor.
        origin: file that the audio was read from; empty for a live sensor.
    """

    title: ClassVar[str] = "audio"
    capacity: ClassVar[int] = 200
    """Four seconds of hops of 20 ms."""

    samples: NDArray[np.int16]
    position: int
    captured_at: float
    at_s: float | None = None
    origin: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "samples", _read_only(self.samples))

    @property
    def nbytes(self) -> int:
        """Size of the samples in bytes."""
        return self.samples.nbytes


def _read_only(array: ArrayT) -> ArrayT:
    # A view, so that the array itself stays writable for its owner.
    shared = array.view()
    shared.flags.writeable = False
    return shared


class TensorSpec(msgspec.Struct, frozen=True, kw_only=True):
    """Name, shape, type and quantisation of a tensor.

    real value = ``scale`` * (integer - ``zero_point``). Scale 0: the tensor is not quantised.

    Attributes:
        name: the tensor's name in the file.
        shape: as in the file, including the batch dimension.
        dtype: numpy's name: ``uint8``, ``int8``, ``float32``, ...
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    scale: float = 0.0
    zero_point: int = 0

    def dequantise(self, tensor: Tensor) -> NDArray[np.float32]:
        """Return the real values of *tensor* as float32; it may be *tensor* itself."""
        if self.scale == 0.0:
            return tensor.astype(np.float32, copy=False)
        return (tensor.astype(np.float32) - self.zero_point) * np.float32(self.scale)

    def quantise(self, values: NDArray[np.floating[Any]]) -> Tensor:
        """Return *values* in this tensor's type: rounded to nearest, and clamped to its range."""
        if self.scale == 0.0:
            return values.astype(self.dtype)
        limits = np.iinfo(self.dtype)
        quanta = np.rint(values / np.float32(self.scale))
        quanta += self.zero_point
        # `np.clip` takes three times as long for a small tensor.
        integers: Tensor = np.minimum(np.maximum(quanta, limits.min), limits.max).astype(self.dtype)
        return integers


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """What a plugin knows of its model. It never gets the interpreter.

    Attributes:
        id: name of its folder under ``models/``.
        labels: by class id; for a pose model the names of the keypoints.
        input: the tensor that ``prepare`` returns.
        outputs: the tensors that ``decode`` receives, in the file's order.
        traits: table ``[traits]`` of the manifest, such as ``fit`` or ``front_end``. A plugin with
            ``Traits`` gets them typed.
    """

    id: str
    labels: tuple[str, ...] = ()
    input: TensorSpec
    outputs: tuple[TensorSpec, ...]
    traits: Mapping[str, Any] = {}
