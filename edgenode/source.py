"""The contract of a source: its options and demand, the samples it yields and those it has lost.

The names here are part of ``edgenode.plugin``, which authors import.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from types import TracebackType
from typing import ClassVar, Generic, Self, TypeVar

import msgspec

from edgenode.samples import Fit, Sample


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the configuration: each field is a key with its type and default.

    ``Meta(description=...)`` of a field is shown by ``edgenode plugins NAME``, and instead of its
    ``pattern`` what ``Meta(extra={"words": ...})`` says. A relative path in a field of type
    ``FilePath`` is resolved from the folder of the configuration file.
    """


class Demand(msgspec.Struct, frozen=True, kw_only=True):
    """The samples that a plugin, or all plugins of a source, prefer. A source may yield more.

    Attributes:
        size: width and height of a frame; None: any size.
        fit: how frames are fitted into ``size``; ``letterbox`` keeps the aspect.
        rate_hz: samples per second that are enough; None: all there are.
    """

    size: tuple[int, int] | None = None
    fit: Fit = "stretch"
    rate_hz: float | None = None


OptionsT = TypeVar("OptionsT", bound=Options)


class Source(ABC, Generic[OptionsT]):
    """Owns a sensor, or a recording in its place. Importing and constructing touch no hardware.

    Each source has a thread of its own, in which the node runs
    ``with source: for sample in source.samples(): ...``. After a ``DeviceError`` it closes the
    source and opens a new one, after pauses that get longer.
    """

    Options: ClassVar[type[Options]] = Options
    yields: type[Sample]
    """The kind of its samples: a class variable, or set by the constructor if options decide."""

    lossless: bool = False
    """True: no sample may be lost, so the source waits for slow plugins (a fast replay)."""

    ends: bool = False
    """True: the samples end, as those of a recording do."""

    wedged: bool = False
    """True after a thread hangs in the driver: only a new process can use the sensor again."""

    lost: int = 0
    """How many samples (frames, or hops) the driver or this source has dropped.

    It never decreases; it stays 0 if the source cannot know. It is read with each sample.
    """

    def __init__(self, options: OptionsT, demand: Demand = Demand()) -> None:  # noqa: B008 frozen value
        self.options = options
        self.demand = demand

    def examine(self) -> None:
        """Raise ``RecordingError`` if what it would read is not there, or is nothing it can read.

        `edgenode check` calls it, and nothing else. It touches no hardware: a sensor that is away
        is no fault of the configuration.
        """

    @abstractmethod
    def open(self) -> None:
        """Open the sensor; raise ``DeviceError`` or ``RecordingError`` naming it and the cure.

        Before it raises it must release everything: ``close`` is not called then.
        """

    @abstractmethod
    def samples(self) -> Iterator[Sample]:
        """Yield samples as they come; return at the end of a recording. Called once per ``open``.

        A sample must not take longer than a few seconds. If the sensor stalls, vanishes or sends
        only digital silence, raise ``DeviceError``. All plugins share a sample, and its arrays are
        read-only.
        """

    @abstractmethod
    def close(self) -> None:
        """Release the sensor, within seconds. Called from the thread that has opened it."""

    def __enter__(self) -> Self:
        """Open the sensor."""
        self.open()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the sensor."""
        self.close()
