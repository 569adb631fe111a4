"""The contract of sources, plugins, triggers and filters: the one import their authors need.

A *source* owns a sensor and yields samples. A *plugin* turns a sample into a tensor (``prepare``)
and the model's tensors into findings (``decode``). A *trigger* decides before an inference whether
there is one, a *filter* is a function from result to result or None. All are found by entry point
(``edgenode.sources``, ``.plugins``, ``.triggers``, ``.filters``), built-ins like anyone's::

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
            description='"presence": results with findings and the first without;'
            ' "changes": when the labels or their numbers change; "all": every one'
        ),
    ] = "presence"


class Cut(msgspec.Struct, frozen=True):
    """How the pipeline cuts audio, in samples: windows ``window`` long, a new one every ``hop``."""

    window: int
    hop: int


# In the body of Plugin the name Options is its class variable.
AnyOptions: TypeAlias = Options
NO_TRAITS = Options()

PluginOptionsT = TypeVar("PluginOptionsT", bound=PluginOptions)
SampleT = TypeVar("SampleT", bound=Sample)


class Plugin(ABC, Generic[PluginOptionsT, SampleT]):
    """Turns samples into findings. One instance per pipeline, called from one thread.

    ``prepare`` and ``decode`` are pure, but a front-end that streams may remember in ``prepare``
    what came before; ``reset`` tells it that the stream was interrupted.

    Attributes:
        traits: the model's traits as ``Traits``; annotate it with that type.
    """

    Options: ClassVar[type[PluginOptions]] = PluginOptions

    Traits: ClassVar[type[AnyOptions] | None] = None
    """What ``[traits]`` of its manifests may say; None: unchecked, read ``model.traits``."""

    takes: ClassVar[type[Sample]]
    """What it gets; ``Result``: the findings of the plugins in its option ``sources``."""

    task: ClassVar[str | None] = None
    """The ``task`` of its manifests; None: no model, ``decode`` gets what ``prepare`` gave."""

    traits: AnyOptions = NO_TRAITS

    def __init__(self, options: PluginOptionsT, model: Model | None = None) -> None:
        """Keep both. Raise ``ModelError`` if the model's tensors are not what this plugin reads."""
        self.options = options
        self.model = model
        if model is not None and self.Traits is not None:
            self.traits = _typed(model, self.Traits)

    def demand(self) -> Demand:
        """Return what it would like best of its source; called once. It is a wish, no promise."""
        return Demand(rate_hz=self.options.rate_hz)

    def cut(self) -> Cut | None:
        """Return how audio is cut into windows, None for samples as they come; called once."""
        return None

    @abstractmethod
    def prepare(self, sample: SampleT) -> Tensor | None:
        """Return what the model eats (``model.input``), or None: no inference.

        The sample's arrays are shared with other plugins and not writable: copy to change them.
        """

    @abstractmethod
    def decode(self, outputs: Sequence[Tensor], sample: SampleT) -> tuple[Finding, ...]:
        """Return what the output tensors say about the sample: arrays in, values out."""

    def clean(self) -> tuple[Use, ...]:
        """Return the filters that always come first, as of labels or a threshold; called once."""
        return ()

    def reset(self) -> None:
        """Forget the stream so far: audio was lost, or its source was opened anew.

        Called only where ``cut`` says how; of frames there is no saying which ones follow.
        """


def _typed(model: Model, kind: type[OptionsT]) -> OptionsT:
    try:
        return msgspec.convert(dict(model.traits), kind)
    except msgspec.ValidationError as error:
        raise ModelError(f"model {model.id!r}: [traits]: {error}") from error


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
