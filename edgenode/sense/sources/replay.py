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
from edgenode.sense.sources import _pictures, _sound, _video
from edgenode.sense.sources._reading import LOWEST_RATE_HZ, Piece, rate_enough, unreadable

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
        find = _sound.found if self.yields is plugin.Audio else _files
        self._files = [file for path in self._paths for file in find(path)]

    def close(self) -> None:
        """Do nothing: ``samples`` closes each file itself."""

    def samples(self) -> Iterator[plugin.Sample]:
        """Yield the samples of the files in order; raise ``RecordingError`` for a damaged one."""
        timeline = _Timeline(self.options.recorded_at, fast=self.lossless)
        position = 0
        while True:
            for file in self._files:
                until_s = 0.0
                for piece in self._read(file):
                    captured_at = timeline.reach(piece.at_s)
                    yield self._sample(piece, str(file), captured_at, position)
                    position += len(piece.data)
                    until_s = piece.until_s
                timeline.begin_next(until_s)
            if not self.options.loop:
                return

    def _read(self, file: Path) -> Iterator[Piece]:
        if self.yields is plugin.Audio:
            return _sound.read(file, self.options.channel, partial(self._tell, file))
        if file.suffix.lower() in _video.SUFFIXES:
            return _video.read(file, self.demand)
        return _pictures.read(file, 1.0 / self.options.rate_hz)

    def _tell(self, file: Path, fault: str) -> None:
        # Once, also in a loop.
        line = f"recording {str(file)!r}: {fault}"
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


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        pictures = sorted(f for f in path.iterdir() if f.suffix.lower() in _pictures.SUFFIXES)
        if not pictures:
            raise unreadable(path, "there is no picture in this folder", "fill it, or name a file")
        return pictures
    if not path.is_file():
        raise unreadable(path, "there is no such file", "check the path")
    seen = _pictures.SUFFIXES | _video.SUFFIXES
    if path.suffix.lower() not in seen:
        kinds = " ".join((*sorted(seen), *sorted(_sound.SUFFIXES)))
        fault = f"{path.suffix!r} is no kind known"
        raise unreadable(path, fault, f"one of {kinds}, or sound = true for its sound")
    return [path]
