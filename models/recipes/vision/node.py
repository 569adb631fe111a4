"""A model as a node sees it: its file, its manifest, the plugin that reads its output.

What recipes measure goes through here, so that it is what a node would have said.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from edgenode import plugin
from edgenode.accelerator.interpreter import Interpreter
from recipes.scenes.arrays import Array
from recipes.vision.photography import untouched

RUNS = 200


@dataclass(frozen=True)
class About:
    """What a plugin may know of a model beside its file."""

    id: str
    labels: tuple[str, ...]
    traits: Mapping[str, Any] = field(default_factory=dict)


class OnNode:
    """A model file, run by edgenode's interpreter and read by one of its plugins.

    A float model is given what its quantised twin is given, to compare the two.
    """

    def __init__(
        self,
        content: bytes,
        about: About,
        plugged: Callable[[plugin.Model], plugin.Plugin[Any, plugin.Frame]],
    ) -> None:
        self._interpreter = Interpreter(content, about.id)
        taken = self._interpreter.inputs[0]
        self._float = taken.dtype == "float32"
        self._spec = plugin.TensorSpec(name=taken.name, shape=taken.shape, dtype="uint8")
        model = plugin.Model(
            id=about.id,
            labels=about.labels,
            input=self._spec,
            outputs=self._interpreter.outputs,
            traits=about.traits,
        )
        self._plugin = plugged(model)

    def findings(self, pixels: Array) -> tuple[plugin.Finding, ...]:
        """Return what the plugin finds in *pixels*, RGB uint8 of any size, before any filter."""
        frame = plugin.Frame(pixels=pixels, captured_at=0.0)
        tensor = self._plugin.prepare(frame)
        if tensor is None:
            return ()
        outputs = self._interpreter.infer(untouched(tensor) if self._float else tensor)
        return tuple(self._plugin.decode(outputs, frame))

    def latency_ms(self) -> float:
        """Return the median of the processor's time for an inference, others' work left out."""
        noise = np.random.default_rng(0).integers(0, 256, self._spec.shape).astype(np.uint8)
        took = []
        for _ in range(RUNS):
            began = time.thread_time()
            self._interpreter.infer(noise)
            took.append(time.thread_time() - began)
        return float(np.median(took)) * 1e3
