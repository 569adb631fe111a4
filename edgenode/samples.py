"""What flows through a plugin: samples with their raw data, tensors, and what a model looks like.

The names here are part of ``edgenode.plugin``, which authors import.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol, TypeAlias, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 16_000
"""Samples per second of every ``Audio``; a source with another native rate resamples."""

Tensor: TypeAlias = NDArray[Any]
Fit: TypeAlias = Literal["stretch", "letterbox"]
ArrayT = TypeVar("ArrayT", bound=Tensor)


class Sample(Protocol):
    """What a source yields and a plugin takes: ``Frame``, ``Audio``, or another class like them.

    A sample is shared by all plugins of its source; its arrays are not writable.

    Attributes:
        title: what people call several of them.
        capacity: how many wait for a plugin that is slow; then the oldest is lost.
    """

    title: ClassVar[str]
    capacity: ClassVar[int]

    @property
    def captured_at(self) -> float:
        """Seconds since the epoch, UTC."""

    @property
    def nbytes(self) -> int:
        """Size of the raw data."""


def is_kind(found: object) -> bool:
    """Return whether *found* is a kind of sample."""
    named = ("title", "capacity", "nbytes")
    return isinstance(found, type) and all(hasattr(found, name) for name in named)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Frame:
    """A sample from a camera. It has no encoder and never leaves the process.

    Attributes:
        pixels: uint8 [height, width, channels], RGB for a camera; always the full field of view, so
            that fractions of this frame are fractions of the full frame whatever its size.
        captured_at: seconds since the epoch, UTC.
        at_s: seconds into the recording, None for a live sensor.
        origin: file the frame was read from, empty for a live sensor.
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
        """Size of the pixels."""
        return self.pixels.nbytes


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Audio:
    """A sample from a microphone: a hop as it leaves a source, a window as it reaches a plugin.

    Attributes:
        samples: int16 [n], mono, ``SAMPLE_RATE`` per second.
        position: number of the first sample since the source was opened; a jump is a gap.
        captured_at: when the last of these samples was captured, seconds since the epoch, UTC.
        at_s: seconds into the recording at the last of these samples, None for a live sensor.
        origin: file the audio was read from, empty for a live sensor.
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
        """Size of the samples."""
        return self.samples.nbytes


def _read_only(array: ArrayT) -> ArrayT:
    # A view: who made the array may go on to write into it, as windows of audio are cut.
    shared = array.view()
    shared.flags.writeable = False
    return shared


class TensorSpec(msgspec.Struct, frozen=True, kw_only=True):
    """What a tensor looks like; real value = ``scale`` * (integer - ``zero_point``), scale 0: raw.

    Attributes:
        name: the tensor's name in the file.
        shape: as in the file, batch dimension included.
        dtype: numpy's name: ``uint8``, ``int8``, ``float32``, ...
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    scale: float = 0.0
    zero_point: int = 0

    def dequantise(self, tensor: Tensor) -> NDArray[np.float32]:
        """Return the real values of *tensor* as float32."""
        if self.scale == 0.0:
            return tensor.astype(np.float32, copy=False)
        return (tensor.astype(np.float32) - self.zero_point) * np.float32(self.scale)

    def quantise(self, values: NDArray[np.floating[Any]]) -> Tensor:
        """Return *values* as this tensor's type: rounded to nearest, clamped to its range."""
        if self.scale == 0.0:
            return values.astype(self.dtype)
        limits = np.iinfo(self.dtype)
        quanta = np.round(values / np.float32(self.scale)) + self.zero_point
        integers: Tensor = np.clip(quanta, limits.min, limits.max).astype(self.dtype)
        return integers


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """What a plugin may know of its model; the interpreter stays with the pipeline.

    Attributes:
        id: name of its folder under ``models/``.
        labels: by class id; the names of the keypoints for a pose model.
        input: the one tensor ``prepare`` returns.
        outputs: the tensors ``decode`` receives, in the file's order.
        traits: table ``[traits]`` of the manifest: ``fit``, ``output_order``, ``front_end`` and
            so on; a plugin with ``Traits`` has them typed.
    """

    id: str
    labels: tuple[str, ...] = ()
    input: TensorSpec
    outputs: tuple[TensorSpec, ...]
    traits: Mapping[str, Any] = {}
