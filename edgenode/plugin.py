"""The contract of sources, plugins, triggers and filters: the one import their authors need.

A *source* owns a sensor and yields samples. A *plugin* turns a sample into a tensor (``prepare``)
and the model's tensors into findings (``decode``). A *trigger* decides if an inference runs. A
*filter* is a function from a result to a result or None. All of them, also the built-in ones, are
found by entry point (``edgenode.sources``, ``.plugins``, ``.triggers``, ``.filters``)::

    [project.entry-points."edgenode.plugins"]
    brightness = "my_package:Brightness"
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Generic, Literal, TypeAlias, TypeVar

import msgspec
from msgspec import Meta

from edgenode.errors import DeviceError, ModelError, PluginError, RecordingError
from edgenode.paths import FilePath
from edgenode.pictures import PictureFit, crop, fitted, letterbox, resize, restore
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
from edgenode.source import Demand, Options, OptionsT, Source
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
    exactly,
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
    "PictureFit",
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
    "crop",
    "fitted",
    "happening_of",
    "label_of",
    "letterbox",
    "resize",
    "restore",
    "score_of",
]


Report: TypeAlias = Literal["presence", "changes", "all"]


class Use(msgspec.Struct, frozen=True):
    """A filter or trigger: the name of its entry point, and its options."""

    use: str
    options: Mapping[str, Any] = {}


class PluginOptions(Options, frozen=True, kw_only=True):
    """The options of every plugin; a plugin's own struct extends them."""

    source: Annotated[str, Meta(description="name of a table under [sources]")] = ""
    sources: Annotated[
        tuple[str, ...],
        Meta(description="names of the plugins whose findings it reads, for one that reads some"),
    ] = ()
    model: Annotated[str, Meta(description="model id, see `edgenode models list`")] = ""
    device: Annotated[
        str,
        exactly("(auto|cpu|edgetpu(:[0-9]{1,3})?)", "'auto', 'cpu', 'edgetpu' or 'edgetpu:N'"),
        Meta(description="what runs the model; N counts the Edge TPUs from 0"),
    ] = "auto"
    rate_hz: Annotated[
        Annotated[float, Meta(ge=0.0001, le=1000)] | None,
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
            description='"presence": results with findings and the first without;'
            ' "changes": when the labels or their numbers change; "all": every one'
        ),
    ] = "presence"


class Cut(msgspec.Struct, frozen=True):
    """How the pipeline cuts audio: a window of ``window`` samples after every ``hop`` samples."""

    window: int
    hop: int


# Inside the class Plugin, the name Options means its class variable.
AnyOptions: TypeAlias = Options
NO_TRAITS = Options()

PluginOptionsT = TypeVar("PluginOptionsT", bound=PluginOptions)
SampleT = TypeVar("SampleT", bound=Sample)


class Plugin(ABC, Generic[PluginOptionsT, SampleT]):
    """Turns samples into findings. One instance per pipeline, called from one thread.

    ``prepare`` and ``decode`` have no side effects, with one exception: for a streaming model,
    ``prepare`` may keep data of earlier samples. ``reset`` is called after an interruption.

    Attributes:
        traits: the traits of the model's manifest as a ``Traits``; annotate it with that type.
    """

    Options: ClassVar[type[PluginOptions]] = PluginOptions

    Traits: ClassVar[type[AnyOptions] | None] = None
    """Keys and types of ``[traits]`` in its manifests. None: not checked, see ``model.traits``."""

    takes: ClassVar[type[Sample]]
    """The kind of its samples. ``Result``: the results of the plugins in its option ``sources``."""

    task: ClassVar[str | None] = None
    """The ``task`` of its manifests. None: no model; ``decode`` gets the prepared tensor."""

    traits: AnyOptions = NO_TRAITS

    def __init__(self, options: PluginOptionsT, model: Model | None = None) -> None:
        """Keep both; raise ``ModelError`` if this plugin cannot read the model's tensors."""
        self.options = options
        self.model = model
        if model is not None and self.Traits is not None:
            self.traits = _typed(model, self.Traits)

    def demand(self) -> Demand:
        """Return the samples it prefers; called once. The source need not follow it."""
        return Demand(rate_hz=self.options.rate_hz)

    def cut(self) -> Cut | None:
        """Return how audio is cut into windows; None: samples are not cut. Called once."""
        return None

    @abstractmethod
    def prepare(self, sample: SampleT) -> Tensor | None:
        """Return the model's input tensor (``model.input``), or None for no inference.

        The arrays of the sample are shared with other plugins and read-only: copy to change them.
        """

    @abstractmethod
    def decode(self, outputs: Sequence[Tensor], sample: SampleT) -> tuple[Finding, ...]:
        """Return the findings in the output tensors for *sample*."""

    def clean(self) -> tuple[Use, ...]:
        """Return the filters that run before the user's, such as a threshold; called once."""
        return ()

    def reset(self) -> None:
        """Forget the stream so far: audio was lost, or the source was opened again.

        Lost samples are noticed only in audio that ``cut`` cuts: frames have no numbers. It is also
        called before the plugin goes on after an exception.
        """


def _typed(model: Model, kind: type[OptionsT]) -> OptionsT:
    try:
        return msgspec.convert(dict(model.traits), kind)
    except msgspec.ValidationError as error:
        raise ModelError(f"model {model.id!r}: [traits]: {error}") from error


Trigger: TypeAlias = Callable[[Sample], bool]
"""Returns whether an inference runs: called before ``prepare``, once per frame or window.

It may have state; it is called from one thread. Its entry point is a factory, like a filter's.
"""

Filter: TypeAlias = Callable[[Result], Result | None]
"""Returns the result, a changed one, or None to drop it.

It may have state; it is called from one thread, with the result of every inference. It may add a
``Happening`` to the findings, which is published as an event.

Its entry point is a factory with one parameter named ``options``, annotated with an ``Options``
struct: ``def throttle(options: Throttle) -> Filter``.
"""
