"""The contract of sources, plugins and filters: the one import their authors need.

A *source* owns a sensor and yields samples. A *plugin* turns a sample into a tensor (``prepare``)
and the model's tensors into findings (``decode``). A *filter* is a function from result to result
or None. All three are found by entry point (``edgenode.sources``, ``edgenode.plugins``,
``edgenode.filters``), built-ins like anyone's::

    [project.entry-points."edgenode.plugins"]
    brightness = "my_package:Brightness"
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Annotated, Any, ClassVar, Generic, Literal, Self, TypeAlias, TypeVar

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from edgenode.errors import DeviceError, ModelError, PluginError, RecordingError
from edgenode.paths import FilePath
from edgenode.values import (
    KEYPOINTS,
    Area,
    Box,
    Category,
    Detection,
    Finding,
    Keypoint,
    Keyword,
    Measurement,
    Pose,
    Result,
)

__all__ = [
    "KEYPOINTS",
    "SAMPLE_RATE",
    "Area",
    "Audio",
    "Box",
    "Category",
    "Cut",
    "Demand",
    "Detection",
    "DeviceError",
    "FilePath",
    "Filter",
    "Finding",
    "Fit",
    "Frame",
    "Keypoint",
    "Keyword",
    "Measurement",
    "Model",
    "ModelError",
    "Options",
    "Plugin",
    "PluginError",
    "PluginOptions",
    "Pose",
    "RecordingError",
    "Result",
    "Sample",
    "Source",
    "Tensor",
    "TensorSpec",
    "Use",
]

SAMPLE_RATE = 16_000
"""Samples per second of every ``Audio``; a source with another native rate resamples."""

Tensor: TypeAlias = NDArray[Any]
Fit: TypeAlias = Literal["stretch", "letterbox"]


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

    pixels: Tensor
    captured_at: float
    at_s: float | None = None
    origin: str = ""


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

    samples: NDArray[np.int16]
    position: int
    captured_at: float
    at_s: float | None = None
    origin: str = ""


Sample: TypeAlias = Frame | Audio


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the configuration: the fields are its keys, their types and defaults the rules.

    A field's description in ``edgenode plugins NAME`` is its ``Meta(description=...)``; a field of
    type ``FilePath`` is resolved beside the configuration file.
    """


class Use(msgspec.Struct, frozen=True):
    """A filter by its entry point's name, with its options: one table of ``filters``."""

    use: str
    options: Mapping[str, Any] = {}


class PluginOptions(Options, frozen=True, kw_only=True):
    """The options every plugin has; a plugin's own struct extends it."""

    source: Annotated[str, Meta(description="name of a table under [sources]")]
    model: Annotated[str, Meta(description="model id, see `edgenode models list`")] = ""
    device: Annotated[
        str,
        Meta(
            description='"auto", "cpu", "edgetpu" or "edgetpu:N"',
            pattern=r"^(auto|cpu|edgetpu(:[0-9]+)?)$",
        ),
    ] = "auto"
    rate_hz: Annotated[
        Annotated[float, Meta(gt=0)] | None,
        Meta(description="most inferences per second; none: as samples arrive"),
    ] = None
    filters: Annotated[
        tuple[dict[str, Any], ...], Meta(description='further filters: {use = "throttle", ...}')
    ] = ()


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
        traits: the rest of the manifest that concerns the plugin: ``fit``, ``output_order``,
            ``front_end`` and its figures.
    """

    id: str
    labels: tuple[str, ...] = ()
    input: TensorSpec
    outputs: tuple[TensorSpec, ...]
    traits: Mapping[str, Any] = {}


class Cut(msgspec.Struct, frozen=True):
    """How the pipeline cuts audio, in samples: windows ``window`` long, a new one every ``hop``."""

    window: int
    hop: int


class Demand(msgspec.Struct, frozen=True, kw_only=True):
    """What the pipelines behind a source would like best; a source may give larger frames.

    Attributes:
        size: width and height of the model's input, None where they differ or nobody asks.
        fit: ``letterbox``: keep the aspect, so that the longer side fills ``size``.
        rate_hz: frames per second that are enough, None for as many as there are.
    """

    size: tuple[int, int] | None = None
    fit: Fit = "stretch"
    rate_hz: float | None = None


OptionsT = TypeVar("OptionsT", bound=Options)
PluginOptionsT = TypeVar("PluginOptionsT", bound=PluginOptions)
SampleT = TypeVar("SampleT", Frame, Audio)


class Source(ABC, Generic[OptionsT]):
    """Owns a sensor, or a recording in its place. Importing and constructing touch no hardware.

    The node calls ``with source: for sample in source.samples(): ...`` in a thread of the source's
    own. After a ``DeviceError`` it leaves the ``with`` and enters it anew, later and later.
    """

    Options: ClassVar[type[Options]] = Options
    yields: type[Frame | Audio]
    """Stands on the class, or is set by the constructor where the options decide."""

    lossless: bool = False
    """True where the reader may be waited for (a recording as fast as possible)."""

    wedged: bool = False
    """True once a driver keeps a thread for good: only a new process can use the sensor again."""

    def __init__(self, options: OptionsT, demand: Demand = Demand()) -> None:  # noqa: B008 frozen value
        self.options = options
        self.demand = demand

    @abstractmethod
    def __enter__(self) -> Self:
        """Open the sensor. Raise ``DeviceError`` or ``RecordingError`` naming it and the cure."""

    @abstractmethod
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Release the sensor. Called from the thread that entered; returns within seconds."""

    @abstractmethod
    def samples(self) -> Iterator[Sample]:
        """Yield samples as they come; end where a recording ends.

        Blocks at most a few seconds per sample: a sensor that stalls, vanishes or sends nothing but
        digital silence raises ``DeviceError``. Called once per ``__enter__``.
        """


class Plugin(ABC, Generic[PluginOptionsT, SampleT]):
    """Turns samples into findings. One instance per pipeline, called from one thread.

    ``prepare`` and ``decode`` are pure, but a front-end that streams may remember in ``prepare``
    what came before; ``reset`` tells it that the stream was interrupted.
    """

    Options: ClassVar[type[PluginOptions]] = PluginOptions
    takes: ClassVar[type[Frame | Audio]]

    task: ClassVar[str | None] = None
    """The ``task`` of its manifests; None: no model, ``decode`` gets what ``prepare`` gave."""

    def __init__(self, options: PluginOptionsT, model: Model | None = None) -> None:
        """Keep both. Raise ``ModelError`` if the model's tensors are not what this plugin reads."""
        self.options = options
        self.model = model

    def cut(self) -> Cut | None:
        """Return how audio is cut into windows, None for samples as they come; called once."""
        return None

    @abstractmethod
    def prepare(self, sample: SampleT, spec: TensorSpec | None) -> Tensor | None:
        """Return what the model eats (``spec``; None without a model), or None: no inference."""

    @abstractmethod
    def decode(self, outputs: Sequence[Tensor], sample: SampleT) -> tuple[Finding, ...]:
        """Return what the output tensors say about the sample: arrays in, values out."""

    def filters(self) -> tuple[Use, ...]:
        """Return the filters that always come first, made from the options; called once."""
        return ()

    def reset(self) -> None:
        """Forget the stream so far: samples were lost or the source was opened anew."""


Filter: TypeAlias = Callable[[Result], Result | None]
"""Keeps, changes or drops (None) a result. May remember; called from one thread.

Its entry point is a factory with one parameter named ``options``, annotated with an ``Options``
struct: ``def throttle(options: Throttle) -> Filter``.
"""
