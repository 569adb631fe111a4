"""One plugin over one recording, without threads and without MQTT: what `edgenode try` runs."""

import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edgenode import plugin
from edgenode.catalogue import manifest
from edgenode.catalogue.store import Store
from edgenode.cli._hush import hushed
from edgenode.config.settle import settle
from edgenode.errors import ConfigError, EdgenodeError, ModelError, PluginError, RecordingError
from edgenode.sense import checks, registry
from edgenode.sense.loading import load
from edgenode.sense.pipeline import Identity, Inference, Pipeline
from edgenode.sense.plan import chain

DEFAULT_MODELS = {
    "object-detection": "coco-ssd-mobilenet-v1",
    "pose-estimation": "movenet-lightning",
    "image-classification": "mobilenet-v2",
    "keyword-spotting": "kws-ref",
}

SILENCE = plugin.Keyword("silence", 0.0)
"""What is heard where nothing is scored: digital silence."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A result, and the sample it was made of."""

    result: plugin.Result
    sample: plugin.Sample


class Trial:
    """A plugin with its model, tried on recordings one after the other."""

    def __init__(
        self, name: str, table: dict[str, Any], store: Store, folders: Sequence[Path] = ()
    ) -> None:
        """Load what *table*, a table of the configuration, asks for; own models are in *folders*.

        Raise ``ConfigError`` for wrong options, ``PluginError`` and ``ModelError`` as they come.
        """
        self._name = name
        self._cls = registry.plugin(name)
        model = DEFAULT_MODELS.get(name, "")
        asked = {"source": "files", "model": model, **table, "report": "all"}
        options, faults = settle(asked, self._cls.Options, (name,))
        if options is None:
            raise ConfigError([str(fault) for fault in faults])
        self._options = options
        self._model: plugin.Model | None = None
        self._interpreter: Inference = Identity()
        if options.model:
            self._load(store, folders)

    @property
    def hears(self) -> bool:
        """Whether the plugin takes audio."""
        return self._cls.takes is plugin.Audio

    @property
    def model(self) -> plugin.Model | None:
        """The model, None for a plugin without one."""
        return self._model

    def outcomes(self, file: Path) -> Iterator[Outcome]:
        """Yield what the plugin and its filters keep of *file*; each file is a stream of its own.

        Raise ``RecordingError`` when the file cannot be read.
        """
        tried = self._plugin()
        pipeline = Pipeline(tried, self._interpreter, self._model, chain(tried))
        with self._replay(file) as source:
            for sample in source.samples():
                for result in self._results(pipeline, sample):
                    yield Outcome(result, sample)

    def clip(self, file: Path) -> plugin.Keyword:
        """Return the best label of *file* heard as a single clip, smoothing and filters aside.

        Raise ``PluginError`` when the plugin does not score clips, ``RecordingError`` as above.
        """
        spotter = self._plugin()
        if not hasattr(spotter, "clip"):
            raise PluginError(f"--clips: plugin {self._name!r} does not score clips of audio")
        with self._replay(file) as source:
            hops = [hop.samples for hop in source.samples() if isinstance(hop, plugin.Audio)]
        heard: list[plugin.Keyword] = []
        for window in spotter.clip(np.concatenate(hops)):
            tensor = spotter.prepare(window)
            if tensor is not None:
                found = spotter.decode(self._interpreter.infer(tensor), window)
                heard.extend(keyword for keyword in found if isinstance(keyword, plugin.Keyword))
        return max(heard, key=lambda keyword: keyword.score, default=SILENCE)

    def _results(self, pipeline: Pipeline, sample: plugin.Sample) -> Iterator[plugin.Result]:
        try:
            yield from pipeline.results(sample)
        except EdgenodeError:
            raise
        except Exception as error:  # a stranger's plugin may raise anything
            frame = traceback.extract_tb(error.__traceback__)[-1]
            raise PluginError(
                f"plugin {self._name!r} failed: {type(error).__name__}: {error}"
                f" (at {frame.filename}:{frame.lineno} in {frame.name})"
            ) from error

    def _plugin(self) -> plugin.Plugin[Any, Any]:
        self._interpreter.reset()
        return self._cls(self._options, self._model)

    def _replay(self, file: Path) -> plugin.Source[Any]:
        replay = registry.source("replay")
        options, faults = settle({"path": str(file), "pace": "fast"}, replay.Options, ("replay",))
        if options is None:
            raise ConfigError([str(fault) for fault in faults])
        source = replay(options)
        if source.yields is not self._cls.takes:
            kind, cure = ("audio", "a WAV") if self.hears else ("frames", "a picture or a video")
            says = f"plugin {self._name!r} takes {kind}; give it {cure}"
            raise RecordingError(f"recording {str(file)!r}: {says}")
        return source

    def _load(self, store: Store, folders: Sequence[Path]) -> None:
        found = manifest.find(self._options.model, folders)
        if found.task != self._cls.task:
            says = f"is for {found.task}; see `edgenode models list` for one that fits"
            raise ModelError(f"plugin {self._name!r}: model {found.id!r} {says}")
        if faults := checks.traits(self._cls, found, (self._name,)):
            raise ConfigError([str(fault) for fault in faults])
        with hushed():
            loaded = load(found, store, self._options.device)
        self._model, self._interpreter = loaded.model, loaded.interpreter
