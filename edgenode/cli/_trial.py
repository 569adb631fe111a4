"""One plugin over one recording, without threads and without MQTT: what `edgenode try` runs."""

import time
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from edgenode import plugin
from edgenode.catalogue import manifest
from edgenode.cli._hush import hushed
from edgenode.config.convert import convert
from edgenode.errors import ConfigError, EdgenodeError, ModelError, PluginError, RecordingError
from edgenode.sense import checks, registry
from edgenode.sense.assembly import Assembled, assemble
from edgenode.sense.pipeline import Outcome, Pipeline
from edgenode.sense.plan import PluginPlan

DEFAULT_MODELS = {
    "object-detection": "coco-ssd-mobilenet-v1",
    "pose-estimation": "movenet-lightning",
    "image-classification": "mobilenet-v2",
    "keyword-spotting": "kws-ref",
}

SILENCE = plugin.Keyword("silence", 0.0)
"""What is heard where nothing is scored: digital silence."""


class Trial:
    """A plugin with its model, tried on recordings one after the other."""

    def __init__(
        self,
        name: str,
        table: dict[str, Any],
        store: Path | None = None,
        folders: Sequence[Path] = (),
    ) -> None:
        """Load what *table*, a table of the configuration, asks for; own models are in *folders*.

        Raise ``ConfigError`` for wrong options, ``PluginError`` and ``ModelError`` as they come.
        """
        self._name = name
        cls = registry.plugin(name)
        if cls.takes is plugin.Result:
            raise PluginError(
                f"plugin {name!r} reads the findings of others; there is nothing to try"
            )
        # Of sound one wants to see what was heard, of pictures also where there is nothing.
        report = "presence" if cls.takes is plugin.Audio else "all"
        asked = {"source": "files", "model": DEFAULT_MODELS.get(name, ""), "report": report}
        options, faults = convert(asked | table, cls.Options, (name,))
        if options is None:
            raise ConfigError([str(fault) for fault in faults])
        found = self._manifest(cls, options.model, folders) if options.model else None
        plan = PluginPlan(
            name="",
            use=name,
            cls=cls,
            options=options,
            manifest=found,
            store=str(store) if store else None,
        )
        with hushed():
            self._assembled = assemble(plan)

    @property
    def hears(self) -> bool:
        """Whether the plugin takes audio."""
        return self._assembled.plan.cls.takes is plugin.Audio

    @property
    def model(self) -> plugin.Model | None:
        """The model, None for a plugin without one."""
        loaded = self._assembled.loaded
        return loaded.model if loaded else None

    def outcomes(self, file: Path) -> Iterator[Outcome]:
        """Yield what the plugin and its filters keep of *file*; each file is a stream of its own.

        Raise ``RecordingError`` when the file cannot be read.
        """
        pipeline = self._anew().pipeline
        with self._replay(file) as source:
            for sample in source.samples():
                yield from (each for each in self._outcomes(pipeline, sample) if each.crosses)

    def clip(self, file: Path) -> plugin.Keyword:
        """Return the best label of *file* heard as a single clip, smoothing and filters aside.

        Raise ``PluginError`` when the plugin does not score clips, ``RecordingError`` as above.
        """
        assembled = self._anew()
        spotter = assembled.plan.cls(assembled.plan.options, self.model)
        if not hasattr(spotter, "clip"):
            raise PluginError(f"--clips: plugin {self._name!r} does not score clips of audio")
        with self._replay(file) as source:
            hops = [hop.samples for hop in source.samples() if isinstance(hop, plugin.Audio)]
        heard: list[plugin.Keyword] = []
        for window in spotter.clip(np.concatenate(hops)):
            tensor = spotter.prepare(window)
            if tensor is not None:
                answer = assembled.inference.ask(tensor, time.monotonic()).answer()
                found = spotter.decode(answer.outputs, window)
                heard.extend(keyword for keyword in found if isinstance(keyword, plugin.Keyword))
        return max(heard, key=lambda keyword: keyword.score, default=SILENCE)

    def _outcomes(self, pipeline: Pipeline, sample: plugin.Sample) -> Iterator[Outcome]:
        try:
            yield from pipeline.outcomes(sample)
        except EdgenodeError:
            raise
        except Exception as error:  # a stranger's plugin may raise anything
            frame = traceback.extract_tb(error.__traceback__)[-1]
            raise PluginError(
                f"plugin {self._name!r} failed: {type(error).__name__}: {error}"
                f" (at {frame.filename}:{frame.lineno} in {frame.name})"
            ) from error

    def _anew(self) -> Assembled:
        """Return the plugin made anew with the same model, which has forgotten what it heard."""
        self._assembled = assemble(self._assembled.plan, before=self._assembled)
        return self._assembled

    def _replay(self, file: Path) -> plugin.Source[Any]:
        replay = registry.source("replay")
        options, faults = convert({"path": str(file), "pace": "fast"}, replay.Options, ("replay",))
        if options is None:
            raise ConfigError([str(fault) for fault in faults])
        source = replay(options)
        if source.yields is not self._assembled.plan.cls.takes:
            kind, cure = ("audio", "a WAV") if self.hears else ("frames", "a picture or a video")
            says = f"plugin {self._name!r} takes {kind}; give it {cure}"
            raise RecordingError(f"recording {str(file)!r}: {says}")
        return source

    def _manifest(
        self, cls: type[plugin.Plugin[Any, Any]], model: str, folders: Sequence[Path]
    ) -> manifest.Manifest:
        found = manifest.find(model, folders)
        if found.task != cls.task:
            says = f"is for {found.task}; see `edgenode models list` for one that fits"
            raise ModelError(f"plugin {self._name!r}: model {found.id!r} {says}")
        if faults := checks.traits(cls, found, (self._name,)):
            raise ConfigError([str(fault) for fault in faults])
        return found
