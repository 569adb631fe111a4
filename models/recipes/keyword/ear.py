"""A model as the node hears with it: its manifest, edgenode's plugin, filters and interpreter."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from edgenode import plugin
from edgenode.accelerator.interpreter import Interpreter
from edgenode.catalogue import manifest
from edgenode.sense.inference import InThread
from edgenode.sense.plugins.keyword_spotting import KeywordSpotting
from edgenode.testing import STARTED_AT, hops, outcomes

SILENCE = plugin.Keyword("silence", 0.0)
"""What is heard where nothing is scored: digital silence."""


class Heard(NamedTuple):
    """A keyword the node would report, and at which second of the recording."""

    label: str
    at_s: float


class Ear:
    """Hears recordings with one model."""

    def __init__(self, model: bytes, folder: Path, **options: object) -> None:
        """Take the file and the folder of its manifest; *options* are the plugin's own.

        Raises:
            ModelError: the file is not what the manifest says.
        """
        card = manifest.read(folder)
        self._interpreter = Interpreter(model, card.id)
        self._model = plugin.Model(
            id=card.id,
            labels=card.labels,
            input=self._interpreter.inputs[0],
            outputs=self._interpreter.outputs,
            traits=card.traits,
        )
        table = {"source": "recording"} | options
        self._spotter = KeywordSpotting(
            msgspec.convert(table, KeywordSpotting.Options), self._model
        )

    def hears(self, samples: NDArray[np.int16]) -> list[Heard]:
        """Return what is reported while a recording is played."""
        self._spotter.reset()
        self._interpreter.reset()
        found = outcomes(self._spotter, hops(samples), InThread(self._interpreter))
        return [heard for outcome in found for heard in _reports(outcome.result)]

    def best(self, samples: NDArray[np.int16]) -> str:
        """Return the best of all labels for a whole recording, as ``edgenode try`` scores it."""
        self._spotter.reset()
        heard = [word for window in self._spotter.clip(samples) for word in self._scored(window)]
        return max(heard, key=lambda keyword: keyword.score, default=SILENCE).label

    def _scored(self, window: plugin.Audio) -> tuple[plugin.Keyword, ...]:
        tensor = self._spotter.prepare(window)
        outputs = () if tensor is None else self._interpreter.infer(tensor)
        return self._spotter.decode(outputs, window) if outputs else ()


def _reports(result: plugin.Result) -> Iterator[Heard]:
    for finding in result.findings:
        if isinstance(finding, plugin.Keyword):
            yield Heard(finding.label, result.captured_at - STARTED_AT)
