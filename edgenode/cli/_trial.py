"""Runs one plugin on recordings, without threads and without MQTT, for `edgenode try`."""

import time
import traceback
from collections.abc import Iterator, Sequence
from mimetypes import guess_type
from pathlib import Path
from typing import Any

from edgenode import plugin
from edgenode.catalogue import manifest
from edgenode.cli._stderr import without_tflite_greeting
from edgenode.config.convert import convert
from edgenode.errors import (
    ConfigError,
    ContractError,
    EdgenodeError,
    ModelError,
    PluginError,
    RecordingError,
)
from edgenode.handover.protocol import Offer, checked_packet
from edgenode.sense import checks, registry
from edgenode.sense.assembly import Assembled, assemble
from edgenode.sense.junction import records
from edgenode.sense.pipeline import Outcome
from edgenode.sense.plan import PluginPlan

DEFAULT_MODELS = {
    "object-detection": "coco-ssd-mobilenet-v1",
    "pose-estimation": "movenet-lightning",
    "image-classification": "mobilenet-v2",
    "keyword-spotting": "kws-ref",
}

STDIN = "/dev/stdin"
"""What is opened for ``-``."""

SILENCE = plugin.Keyword("silence", 0.0)
"""The label of a clip in which no window has a score: digital silence."""


class Trial:
    """A plugin with its model. Recordings are tried one after the other.

    Attributes:
        lasts_s: how many seconds of the last recording were played.
    """

    lasts_s = 0.0

    def __init__(
        self,
        name: str,
        table: dict[str, Any],
        store: Path | None = None,
        folders: Sequence[Path] = (),
    ) -> None:
        """Load plugin *name* with the options in *table*; *folders* are searched for models first.

        Raise ``ConfigError`` for wrong options, ``PluginError`` or ``ModelError`` if the plugin or
        its model does not load.
        """
        self._name = name
        cls = registry.plugin(name)
        if cls.takes is plugin.Result:
            raise PluginError(
                f"plugin {name!r} reads the findings of others; there is nothing to try"
            )
        # For pictures every result is printed, also an empty one; in audio almost all are empty.
        report = "presence" if cls.takes is plugin.Audio else "all"
        asked = {"source": "files", "model": DEFAULT_MODELS.get(name, ""), "report": report}
        options, faults = convert(asked | table, cls.Options, (name,))
        if options is None:
            raise ConfigError([str(fault) for fault in faults])
        if cls.task and not options.model:
            raise ConfigError([f"--model: missing; {_fitting(cls.task, folders)}"])
        found = self._manifest(cls, options.model, folders) if options.model else None
        plan = PluginPlan(
            name="",
            use=name,
            cls=cls,
            options=options,
            manifest=found,
            store=str(store) if store else None,
        )
        with without_tflite_greeting():
            self._assembled = assemble(plan)

    @property
    def takes_audio(self) -> bool:
        """Whether the plugin takes audio."""
        return self._assembled.plan.cls.takes is plugin.Audio

    @property
    def model(self) -> plugin.Model | None:
        """The model; None for a plugin without one."""
        loaded = self._assembled.loaded
        return loaded.model if loaded else None

    def recordings(self, path: Path) -> list[Path]:
        """Return the recordings of sound in the folder *path*; for any other path itself.

        Raise ``RecordingError`` if there is none in the folder.
        """
        try:
            if not (self.takes_audio and path.is_dir()):
                return [path]
            files = sorted(file for file in path.iterdir() if file.is_file())
        except OSError as error:
            fault = f"{error.strerror}; check the path and its rights"
            raise RecordingError(f"recording {str(path)!r}: {fault}") from error
        sounds = [file for file in files if _player(str(file)).yields is plugin.Audio]
        if not sounds:
            fault = "there is no sound in this folder; fill it, or name a file"
            raise RecordingError(f"recording {str(path)!r}: {fault}")
        return sounds

    def outcomes(self, file: Path) -> Iterator[Outcome]:
        """Yield the outcomes of *file* that a node would publish. Each file is a new stream.

        Raise ``RecordingError`` if the file cannot be read.
        """
        pipeline = self._fresh().pipeline
        with self._replay(file) as source:
            for sample in source.samples():
                yield from self._published(pipeline.outcomes(sample))
                self.lasts_s = getattr(sample, "at_s", None) or 0.0
        yield from self._published(pipeline.end())

    def clips(self, file: Path) -> Iterator[tuple[float, plugin.Keyword]]:
        """Yield the best label of each clip in *file*, without smoothing and filters.

        With each the end of the clip in seconds. A recording is one clip, a long one is many.

        Raise ``PluginError`` if the plugin does not score clips, ``RecordingError`` as above.
        """
        assembled = self._fresh()
        spotter = assembled.plan.cls(assembled.plan.options, self.model)
        if not hasattr(spotter, "clips"):
            raise PluginError(f"--clips: plugin {self._name!r} does not score clips of audio")
        assembled.inference.reset()
        with self._replay(file) as source:
            hops = (hop.samples for hop in source.samples() if isinstance(hop, plugin.Audio))
            for clip in spotter.clips(hops):
                best, at_s = SILENCE, 0.0
                for window in clip:
                    at_s = window.at_s
                    best = max((best, *self._scores(assembled, spotter, window)), key=_score)
                yield at_s, best

    def _scores(
        self, assembled: Assembled, spotter: plugin.Plugin[Any, Any], window: plugin.Audio
    ) -> Iterator[plugin.Keyword]:
        tensor = spotter.prepare(window)
        if tensor is not None:
            answer = assembled.inference.ask(tensor, time.monotonic()).answer()
            found = spotter.decode(answer.outputs, window)
            yield from (keyword for keyword in found if isinstance(keyword, plugin.Keyword))

    def _published(self, outcomes: Iterator[Outcome]) -> Iterator[Outcome]:
        """Yield what a node would publish; raise ``PluginError`` for what it would refuse."""
        for outcome in self._guarded(outcomes):
            try:
                for record in records(self._name, outcome):
                    checked_packet(Offer(1, record))
            except (ContractError, PluginError) as error:
                fault = f"plugin {self._name!r} found what a node does not publish: {error}"
                raise PluginError(fault) from error
            if outcome.crosses:
                yield outcome

    def _guarded(self, outcomes: Iterator[Outcome]) -> Iterator[Outcome]:
        try:
            yield from outcomes
        except EdgenodeError:
            raise
        except Exception as error:  # another author's plugin may raise anything
            # The last frame is in the plugin: its author needs the place, users no whole traceback.
            frame = traceback.extract_tb(error.__traceback__)[-1]
            raise PluginError(
                f"plugin {self._name!r} failed: {type(error).__name__}: {error}"
                f" (at {frame.filename}:{frame.lineno} in {frame.name})"
            ) from error

    def _fresh(self) -> Assembled:
        """Return a new plugin with the same model, without state from an earlier file."""
        self._assembled = assemble(self._assembled.plan, before=self._assembled)
        return self._assembled

    def _replay(self, file: Path) -> plugin.Source[Any]:
        picture = (guess_type(file.name)[0] or "").startswith("image/")
        heard = self.takes_audio and not picture
        path = STDIN if heard and file == Path("-") else str(file)
        source = _player(path, sound=heard)
        if source.yields is not self._assembled.plan.cls.takes:
            kind, cure = (
                ("audio", "a WAV, or another file with sound")
                if self.takes_audio
                else ("frames", "a picture or a video")
            )
            fault = f"plugin {self._name!r} takes {kind}; give it {cure}"
            raise RecordingError(f"recording {str(file)!r}: {fault}")
        return source

    def _manifest(
        self, cls: type[plugin.Plugin[Any, Any]], model: str, folders: Sequence[Path]
    ) -> manifest.Manifest:
        found = manifest.find(model, folders, cls.task)
        if found.task != cls.task:
            fault = f"is for {found.task}; see `edgenode models list` for one that fits"
            raise ModelError(f"plugin {self._name!r}: model {found.id!r} {fault}")
        if faults := checks.traits(cls, found, (self._name,)):
            raise ConfigError([str(fault) for fault in faults])
        return found


def _fitting(task: str, folders: Sequence[Path]) -> str:
    """Return which models there are for *task*."""
    names = [one.id for one in manifest.every(folders) if one.task == task]
    if names:
        return f"models for {task}: {', '.join(names)}"
    return f"no model for {task} is known; name the folder that holds NAME/model.toml by --folder"


def _player(path: str, *, sound: bool = False) -> plugin.Source[Any]:
    replay = registry.source("replay")
    table = {"path": path, "pace": "fast", "sound": sound}
    options, faults = convert(table, replay.Options, ("replay",))
    if options is None:
        raise ConfigError([str(fault) for fault in faults])
    return replay(options)


def _score(keyword: plugin.Keyword) -> float:
    return keyword.score
