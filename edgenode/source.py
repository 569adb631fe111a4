"""The contract of a source: what it is told, what it yields, what it has lost.

The names here are part of ``edgenode.plugin``, which authors import.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from types import TracebackType
from typing import ClassVar, Generic, Self, TypeVar

import msgspec

from edgenode.samples import Fit, Sample


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the configuration: the fields are its keys, their types and defaults the rules.

    A field's description in ``edgenode plugins NAME`` is its ``Meta(description=...)``; a field of
    type ``FilePath`` is resolved beside the configuration file.
    """


class Demand(msgspec.Struct, frozen=True, kw_only=True):
    """What a plugin, or all the plugins of a source, would like best; a source may give more.

    Attributes:
        size: width and height of a frame, None where nobody asks.
        fit: ``letterbox``: keep the aspect, so that the longer side fills ``size``.
        rate_hz: samples per second that are enough, None for as many as there are.
    """

    size: tuple[int, int] | None = None
    fit: Fit = "stretch"
    rate_hz: float | None = None


OptionsT = TypeVar("OptionsT", bound=Options)


class Source(ABC, Generic[OptionsT]):
    """Owns a sensor, or a recording in its place. Importing and constructing touch no hardware.

    The node calls ``with source: for sample in source.samples(): ...`` in a thread of the source's
    own. After a ``DeviceError`` it closes the source and opens it anew, later and later.
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

    lost: int = 0
    """Samples that the driver or this source had to drop so far: frames, or hops of sound.

    It only grows, and stays 0 where nobody can tell. Read from other threads.
    """

    def __init__(self, options: OptionsT, demand: Demand = Demand()) -> None:  # noqa: B008 frozen value
        self.options = options
        self.demand = demand

    @abstractmethod
    def open(self) -> None:
        """Open the sensor. Raise ``DeviceError`` or ``RecordingError`` naming it and the cure.

        Whoever raises has released what was open: ``close`` is not called then.
        """

    @abstractmethod
    def samples(self) -> Iterator[Sample]:
        """Yield samples as they come; end where a recording ends.

        A sample is shared by all plugins of its source; its arrays are not writable. Blocks at most
        a few seconds per sample: a sensor that stalls, vanishes or sends nothing but digital
        silence raises ``DeviceError``. Called once per ``open``.
        """

    @abstractmethod
    def close(self) -> None:
        """Release the sensor. Called from the thread that opened it; returns within seconds."""

    def __enter__(self) -> Self:
        """Open."""
        self.open()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close."""
        self.close()
