"""Replays recordings in place of a sensor: pictures, videos and sound."""

import logging
import time
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta
from msgspec.structs import replace

from edgenode import plugin
from edgenode.sense.sources import _frames, _sound
from edgenode.sense.sources._reading import (
    LOWEST_RATE_HZ,
    UNDECODED,
    Flaws,
    Piece,
    rate_enough,
    unreadable,
)

log = logging.getLogger(__name__)

MAX_DELAY_S = 1.0
"""A replay with a larger delay does not catch up: everything after it is replayed later."""


class ReplayOptions(plugin.Options, frozen=True, kw_only=True):
    """A table under ``[sources]`` with ``use = "replay"``."""

    path: Annotated[
        plugin.FilePath | tuple[plugin.FilePath, ...],
        Meta(description="picture, video or sound, a folder of them, or several of a kind"),
    ]
    sound: Annotated[
        bool, Meta(description="play the sound of videos, or of files whose name does not tell")
    ] = False
    channel: Annotated[
        Annotated[int, Meta(ge=0, le=31)] | None,
        Meta(description="which channel of sound to play, the first is 0; none: all together"),
    ] = None
    pace: Annotated[
        Literal["recording", "fast"],
        Meta(description='"recording": as it happened; "fast": as plugins can take it'),
    ] = "recording"
    loop: Annotated[bool, Meta(description="begin again at the end, for ever")] = False
    rate_hz: Annotated[
        float, Meta(description="pictures per second of a folder", ge=LOWEST_RATE_HZ, le=240)
    ] = 1.0
    recorded_at: Annotated[
        Annotated[datetime, Meta(tz=True)] | None,
        Meta(description="when the recording began; none: now"),
    ] = None


class Replay(plugin.Source[ReplayOptions]):
    """Pictures, videos or sound in place of a sensor.

    ``yields`` depends on the files: only an instance has it.

    Frames of a video have the demanded size, pictures their own. Between two files, and between the
    end and the start of a loop, ``position`` has no gap. With ``recorded_at``, capture times are
    exact: that time plus the position in the recordings.

    What could not be read of a recording is logged when it ends, the first time that it is played.
    One of several recordings that cannot be read at all is passed over, and is the source's error
    only when the others have been played.
    """

    Options = ReplayOptions

    def __init__(self, options: ReplayOptions, demand: plugin.Demand = plugin.Demand()) -> None:  # noqa: B008 frozen value
        """Raise ``PluginError`` if pictures and sound are mixed."""
        super().__init__(options, replace(demand, rate_hz=rate_enough(demand)))
        paths = (options.path,) if isinstance(options.path, str) else options.path
        self._paths = [Path(path) for path in paths]
        sounds = {options.sound or _sound.is_sound(path) for path in self._paths}
        kinds = {plugin.Audio if sound else plugin.Frame for sound in sounds}
        if not kinds:
            raise plugin.PluginError("replay of nothing: `path` is empty; name a recording in it")
        if len(kinds) > 1:
            fault = "replay of pictures and sound in `path`: make it one kind per source"
            raise plugin.PluginError(fault)
        self.yields = kinds.pop()
        self.lossless = options.pace == "fast"
        self.ends = not options.loop
        self._told: set[str] = set()

    def open(self) -> None:
        """Find the files; raise ``RecordingError`` for one that is absent or of unknown type."""
        self.lost = 0
        self._files = [file for path in self._paths for file in self._find(path)]

    def close(self) -> None:
        """Do nothing: ``samples`` closes each file itself."""

    def examine(self) -> None:
        """Read the beginning of each recording, and of a folder until one of its files is read."""
        for path in self._paths:
            errors: list[plugin.RecordingError] = []
            for file in self._find(path):
                # What is no file, such as a pipe, would give it once, and perhaps not yet.
                if not file.is_file() or self._begins(file, errors):
                    break
            else:
                raise errors[0]

    def _begins(self, file: Path, errors: list[plugin.RecordingError]) -> bool:
        """Return whether the beginning of *file* can be read; if not, add the error to *errors*."""
        try:
            next(self._pieces(file, Flaws()), None)
        except plugin.RecordingError as error:
            errors.append(error)
            return False
        return True

    def samples(self) -> Iterator[plugin.Sample]:
        """Yield the samples of the files in order; raise ``RecordingError`` for damaged ones."""
        timeline = _Timeline(self.options.recorded_at, fast=self.lossless)
        position = 0
        while True:
            errors: list[plugin.RecordingError] = []
            for file in self._files:
                until_s = 0.0
                for piece in self._read(file, errors):
                    captured_at = timeline.reach(piece.at_s)
                    yield self._sample(piece, str(file), captured_at, position)
                    position += len(piece.data)
                    until_s = piece.until_s
                timeline.begin_next(until_s)
            if len(errors) == len(self._files):
                raise errors[0]
            if not self.options.loop:
                if errors:
                    raise _several(errors, len(self._files))
                return

    def _find(self, path: Path) -> list[Path]:
        return _sound.found(path) if self.yields is plugin.Audio else _files(path)

    def _read(self, file: Path, errors: list[plugin.RecordingError]) -> Iterator[Piece]:
        """Yield the pieces of *file*; add the error to *errors* if it cannot be read."""
        flaws, lost_before = Flaws(), self.lost
        try:
            for piece in self._pieces(file, flaws):
                self.lost = lost_before + flaws[UNDECODED]
                yield piece
        except plugin.RecordingError as error:
            errors.append(error)
            self.lost = lost_before + flaws[UNDECODED] + 1
            # Of a single recording it is raised: then it is not logged, too.
            if len(self._files) > 1:
                self._tell(str(error))
        else:
            self.lost = lost_before + flaws[UNDECODED]
            found = ", ".join(f"{what}: {times}" for what, times in (+flaws).items())
            if found:
                self._tell(f"recording {str(file)!r}: {found}; all else was read")

    def _pieces(self, file: Path, flaws: Flaws) -> Iterator[Piece]:
        if self.yields is plugin.Audio:
            return _sound.read(file, self.options.channel, partial(self._tell_of, file))
        return _frames.read(file, 1.0 / self.options.rate_hz, self.demand, flaws)

    def _tell_of(self, file: Path, fault: str) -> None:
        self._tell(f"recording {str(file)!r}: {fault}")

    def _tell(self, line: str) -> None:
        # Once, also in a loop.
        if line not in self._told:
            self._told.add(line)
            log.warning("%s", line)

    def _sample(
        self, piece: Piece, origin: str, captured_at: float, position: int
    ) -> plugin.Sample:
        if self.yields is plugin.Frame:
            return plugin.Frame(
                pixels=piece.data, captured_at=captured_at, at_s=piece.at_s, origin=origin
            )
        return plugin.Audio(
            samples=piece.data,
            position=position,
            captured_at=captured_at,
            at_s=piece.at_s,
            origin=origin,
        )


class _Timeline:
    """Puts the files one after another in time, and waits until a sample is due."""

    def __init__(self, recorded_at: datetime | None, *, fast: bool) -> None:
        now = time.time() if fast else None
        self._recorded_at = recorded_at.timestamp() if recorded_at else now
        self._fast = fast
        self._began = time.monotonic()
        self._file_s = 0.0

    def reach(self, at_s: float) -> float:
        """Wait until the sample at *at_s* of this file is due; return its capture time."""
        at_s += self._file_s
        if not self._fast:
            self._wait(at_s)
        return time.time() if self._recorded_at is None else self._recorded_at + at_s

    def _wait(self, at_s: float) -> None:
        early_s = self._began + at_s - time.monotonic()
        if early_s > 0:
            time.sleep(early_s)
        elif early_s < -MAX_DELAY_S:
            self._began -= early_s

    def begin_next(self, until_s: float) -> None:
        """Start the next file where this one has ended, *until_s* seconds after its start."""
        self._file_s += until_s


def _several(errors: list[plugin.RecordingError], files: int) -> plugin.RecordingError:
    """Return (do not raise) the error for those of several *files* that could not be read."""
    return plugin.RecordingError(
        f"{len(errors)} of {files} recordings could not be read, the first: {errors[0]}"
    )


def _files(path: Path) -> list[Path]:
    try:
        if path.is_dir():
            return _frames.in_folder(path)
        if not path.is_file():
            absent = ("there is no such file", "check the path")
            device = ("it is a pipe or a device", "copy what comes of it into a file")
            raise unreadable(path, *(device if path.exists() else absent))
        path.open("rb").close()
    except OSError as error:
        raise unreadable(path, error.strerror, "check the path and the file's rights") from error
    _frames.probe(path)
    return [path]
