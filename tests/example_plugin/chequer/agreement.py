"""A plugin that reads the findings of others: how many of them have found something lately."""

from collections.abc import Sequence
from typing import Annotated

import numpy as np
from msgspec import Meta

from edgenode import plugin


class AgreementOptions(plugin.PluginOptions, frozen=True, kw_only=True):
    """A table under ``[plugins]`` with ``use = "agreement"``; ``sources`` are names of plugins."""

    within_s: Annotated[float, Meta(description="how long a finding counts", gt=0)] = 1.0


class Agreement(plugin.Plugin[AgreementOptions, plugin.Result]):
    """Measures how many of the plugins it reads have found something lately.

    Any finding with a label counts: a detection, a keyword, a pose, but no measurement.
    """

    Options = AgreementOptions
    takes = plugin.Result

    def __init__(self, options: AgreementOptions, model: plugin.Model | None = None) -> None:
        super().__init__(options, model)
        self._seen_at = dict.fromkeys(options.sources, -np.inf)

    def prepare(self, sample: plugin.Result) -> plugin.Tensor:
        """Return how long ago each plugin has found something, in seconds."""
        if any(not isinstance(finding, plugin.Measurement) for finding in sample.findings):
            self._seen_at[sample.plugin] = sample.captured_at
        return sample.captured_at - np.array(list(self._seen_at.values()))

    def decode(
        self, outputs: Sequence[plugin.Tensor], sample: plugin.Result
    ) -> tuple[plugin.Finding, ...]:
        """Return how many are not too long ago; another source's clock may be ahead."""
        (ages,) = outputs
        agree = np.count_nonzero(np.abs(ages) < self.options.within_s)
        return (plugin.Measurement("agreeing", float(agree)),)
