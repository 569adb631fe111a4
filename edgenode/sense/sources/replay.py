"""Recordings in the place of a sensor: pictures, videos and WAV files."""

import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta
from msgspec.structs import replace

from edgenode import plugin
from edgenode.sense.sources import _pictures, _video, _wav
from edgenode.sense.sources._reading import LOWEST_RATE_HZ, Piece, broken, rate_enough

LATEST_S = 1.0
"""A replay that is later than this does not catch up: the rest is played later."""


class ReplayOptions(plugin.Options, frozen=True, kw_only=True):
    """A table under ``[sources]`` with ``use = "replay"``."""

    path: Annotated[
        plugin.FilePath | tuple[plugin.FilePath, ...],
        Meta(description="picture, folder of pictures, video or WAV file, or several of a kind"),
    ]
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
    """Pictures, videos or WAV files in place of a sensor.

    What it ``yields`` depends on the files: ask the instance.

    Frames of a video have the size that is demanded, pictures their own. Sound goes on from one
    file to the next, and from the end to the beginning, without a gap in ``position``. With
    ``recorded_at`` capture times are exact: that moment and the place in what is played.
    """

    Options = ReplayOptions

    def __init__(self, options: ReplayOptions, demand: plugin.Demand = plugin.Demand()) -> None:  # noqa: B008 frozen value
        """Raise ``PluginError`` when pictures and sound are mixed."""
        super().__init__(options, replace(demand, rate_hz=rate_enough(demand)))
        paths = (options.path,) if isinstance(options.path, str) else options.path
        self._paths = [Path(path) for path in paths]
        kinds = {plugin.Audio if _is_sound(path) else plugin.Frame for path in self._paths}
        if len(kinds) != 1:
            what = "pictures and sound" if kinds else "nothing"
            raise plugin.PluginError(f"replay of {what} in `path`: make it one kind per source")
        self.yields = kinds.pop()
        self.lossless = options.pace == "fast"
        self.ends = not options.loop

    def open(self) -> None:
        """Find the files. Raise ``RecordingError`` naming the one that is absent or unknown."""
        self._files = [file for path in self._paths for file in _files(path)]

    def close(self) -> None:
        """Nothing is open: each file is closed by ``samples``."""

    def samples(self) -> Iterator[plugin.Sample]:
        """Yield what the files hold, in their order. Raise ``RecordingError`` for a damaged one."""
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
        if file.suffix.lower() in _wav.SUFFIXES:
            return _wav.read(file)
        if file.suffix.lower() in _video.SUFFIXES:
            return _video.read(file, self.demand)
        return _pictures.read(file, 1.0 / self.options.rate_hz)

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
    """Puts one file after another, and says when the present has reached a moment of them."""

    def __init__(self, recorded_at: datetime | None, *, fast: bool) -> None:
        now = time.time() if fast else None
        self._recorded_at = recorded_at.timestamp() if recorded_at else now
        self._fast = fast
        self._began = time.monotonic()
        self._file_s = 0.0

    def reach(self, at_s: float) -> float:
        """Return when the sample at *at_s* of this file was captured, waiting for that moment."""
        at_s += self._file_s
        if not self._fast:
            self._wait(at_s)
        return time.time() if self._recorded_at is None else self._recorded_at + at_s

    def _wait(self, at_s: float) -> None:
        early_s = self._began + at_s - time.monotonic()
        if early_s > 0:
            time.sleep(early_s)
        elif early_s < -LATEST_S:
            self._began -= early_s

    def begin_next(self, until_s: float) -> None:
        """Let the next file begin where this one ended, *until_s* after its own beginning."""
        self._file_s += until_s


def _is_sound(path: Path) -> bool:
    return path.suffix.lower() in _wav.SUFFIXES and not path.is_dir()


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        pictures = sorted(f for f in path.iterdir() if f.suffix.lower() in _pictures.SUFFIXES)
        if not pictures:
            raise broken(path, "there is no picture in this folder", "fill it, or name a file")
        return pictures
    if not path.is_file():
        raise broken(path, "there is no such file", "check the path")
    known = _pictures.SUFFIXES | _video.SUFFIXES | _wav.SUFFIXES
    if path.suffix.lower() not in known:
        raise broken(path, f"{path.suffix!r} is no kind known", f"one of {' '.join(sorted(known))}")
    return [path]
