"""Pipelines by hand, with the samples that a test puts into them."""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from edgenode import plugin
from edgenode.sense.assembly import stages
from edgenode.sense.inference import NoModel
from edgenode.sense.pipeline import Pipeline


class Loudness(plugin.Plugin[plugin.PluginOptions, plugin.Audio]):
    """Remembers how often it was reset, and what it heard."""

    takes = plugin.Audio
    task: ClassVar[str | None] = None

    def __init__(self, options: plugin.PluginOptions, hop: int = 2) -> None:
        super().__init__(options)
        self.resets = 0
        self._hop = hop

    def cut(self) -> plugin.Cut:
        return plugin.Cut(window=4, hop=self._hop)

    def prepare(self, sample: plugin.Audio) -> plugin.Tensor:
        return sample.samples

    def decode(
        self, outputs: Sequence[plugin.Tensor], sample: plugin.Audio
    ) -> tuple[plugin.Finding, ...]:
        return (plugin.Keyword("noise", min(float(outputs[0].max()) / 100, 1.0)),)

    def reset(self) -> None:
        self.resets += 1


def frame(value: int, at: float = 0.0) -> plugin.Frame:
    return plugin.Frame(pixels=np.full((2, 2, 3), value, np.uint8), captured_at=at)


def hop(position: int, *samples: int) -> plugin.Audio:
    return plugin.Audio(samples=np.array(samples, np.int16), position=position, captured_at=1.0)


def options(**given: Any) -> plugin.PluginOptions:  # noqa: ANN401
    return plugin.PluginOptions(source="any", **given)


def pipeline(
    of: plugin.Plugin[Any, Any],
    *filters: plugin.Filter,
    triggers: Sequence[plugin.Trigger] = (),
) -> Pipeline:
    made = stages(of, triggers, filters, report=of.options.report)
    return Pipeline(of, NoModel(), made, name="any")


def results(of: Pipeline, sample: plugin.Sample) -> list[plugin.Result]:
    return [outcome.result for outcome in of.outcomes(sample)]
