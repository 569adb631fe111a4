"""The contract of sources, plugins, triggers and filters: the one import their authors need.

A *source* owns a sensor and yields samples. A *plugin* turns a sample into a tensor (``prepare``)
and the model's tensors into findings (``decode``). A *trigger* decides before an inference whether
there is one, a *filter* is a function from result to result or None. All are found by entry point
(``edgenode.sources``, ``.plugins``, ``.triggers``, ``.filters``), built-ins like anyone's::

    [project.entry-points."edgenode.plugins"]
    brightness = "my_package:Brightness"
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Annotated, Any, ClassVar, Generic, Literal, Self, TypeAlias, TypeVar

import msgspec
from msgspec import Meta

from edgenode.errors import DeviceError, ModelError, PluginError, RecordingError
from edgenode.paths import FilePath
from edgenode.samples import (
    SAMPLE_RATE,
    Audio,
    Fit,
    Frame,
    Model,
    Sample,
    Tensor,
    TensorSpec,
)
from edgenode.values import (
    KEYPOINTS,
    Area,
    Box,
    Category,
    Detection,
    Finding,
    Fraction,
    Happening,
    HappeningType,
    Keypoint,
    Keyword,
    Measurement,
    Pose,
    Result,
    happening_of,
    label_of,
    score_of,
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
    "Fraction",
    "Frame",
    "Happening",
    "HappeningType",
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
    "Report",
    "Result",
    "Sample",
    "Source",
    "Tensor",
    "TensorSpec",
    "Trigger",
    "Use",
    "happening_of",
    "label_of",
    "score_of",
]


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the configuration: the fields are its keys, their types and defaults the rules.

    A field's description in ``edgenode plugins NAME`` is its ``Meta(description=...)``; a field of
    type ``FilePath`` is resolved beside the configuration file.
    """


Report: TypeAlias = Literal["presence", "changes", "all"]


class Use(msgspec.Struct, frozen=True):
    """A filter by its entry point's name, with its options: one table of ``filters``."""

    use: str
    options: Mapping[str, Any] = {}


class PluginOptions(Options, frozen=True, kw_only=True):
    """The options every plugin has; a plugin's own struct extends it."""

    source: Annotated[str, Meta(description="name of a table under [sources]")] = ""
    sources: Annotated[
        tuple[str, ...],
        Meta(description="names of the plugins whose findings it reads, for one that reads some"),
    ] = ()
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
    triggers: Annotated[
        tuple[dict[str, Any], ...],
        Meta(description='what must agree before an inference: {use = "pace", ...}'),
    ] = ()
    filters: Annotated[
        tuple[dict[str, Any], ...], Meta(description='further filters: {use = "throttle", ...}')
    ] = ()
    report: Annotated[
        Report,
        Meta(
            description='"presence": results with findings and the first without; "changes": when'
            ' the labels or their numbers change; "all": every one'
        ),
    ] = "presence"


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
SampleT = TypeVar("SampleT", Frame, Audio, Result)


class Source(ABC, Generic[OptionsT]):
    """Owns a sensor, or a recording in its place. Importing and constructing touch no hardware.

    The node calls ``with source: for sample in source.samples(): ...`` in a thread of the source's
    own. After a ``DeviceError`` it leaves the ``with`` and enters it anew, later and later.
    """

    Options: ClassVar[type[Options]] = Options
    yields: type[Sample]
    """Stands on the class, or is set by the constructor where the options decide."""

    lossless: bool = False
    """True where the reader may be waited for (a recording as fast as possible)."""

    ends: bool = False
    """True where the samples end by themselves, as those of a recording do."""

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
    takes: ClassVar[type[Sample]]
    """What it gets; ``Result``: the findings of the plugins in its option ``sources``."""

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
        """Forget the stream so far: audio was lost, or its source was opened anew.

        Called only where ``cut`` says how; of frames there is no saying which ones follow.
        """


Trigger: TypeAlias = Callable[[Sample], bool]
"""Whether a sample is worth an inference: asked before ``prepare``, once per frame or window.

May remember; called from one thread. Its entry point is a factory as a filter's is.
"""

Filter: TypeAlias = Callable[[Result], Result | None]
"""Keeps, changes or drops (None) a result. May remember; called from one thread.

It sees the result of every inference, and may add a ``Happening`` to the findings: that leaves the
node as an event.

Its entry point is a factory with one parameter named ``options``, annotated with an ``Options``
struct: ``def throttle(options: Throttle) -> Filter``.
"""
