"""Makes a pipeline from the plan of a plugin. Only this module knows all parts of a pipeline."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from edgenode.catalogue.manifest import Manifest
from edgenode.catalogue.store import Store
from edgenode.plugin import (
    SAMPLE_RATE,
    Demand,
    Filter,
    Plugin,
    Report,
    Result,
    Trigger,
    Use,
)
from edgenode.sense import registry
from edgenode.sense.inference import Inference, InThread, NoModel
from edgenode.sense.loading import Loaded, load
from edgenode.sense.pipeline import Pipeline, Stages
from edgenode.sense.plan import PluginPlan
from edgenode.sense.planning import typed
from edgenode.sense.progress import StageProgress

log = logging.getLogger(__name__)

DEFAULT_PERIOD_S = 0.1
"""Seconds for which an answer is useful, for plugins with neither ``rate_hz`` nor a hop."""

Loader: TypeAlias = Callable[[Manifest, Store, str], Loaded]


@dataclass(frozen=True, slots=True)
class Assembled:
    """A plugin with its model and its pipeline, ready to run.

    Attributes:
        loaded: its model; None for a plugin without one.
        inference: runs the model for its pipeline.
        demand: the samples that it prefers.
    """

    plan: PluginPlan
    loaded: Loaded | None
    inference: Inference
    pipeline: Pipeline
    demand: Demand


def assemble(
    plan: PluginPlan,
    *,
    before: Assembled | None = None,
    load_model: Loader = load,
    progress: StageProgress | None = None,
) -> Assembled:
    """Return a new plugin and pipeline for *plan*; use the model of *before* if it is the same.

    Raise ``ModelError``, ``DeviceError`` or ``PluginError`` for what does not fit, and whatever the
    plugin's constructor raises. Called in the plugin's thread; loading may take seconds.
    """
    if before is not None and before.plan.same_model(plan):
        loaded, inference = before.loaded, before.inference
    else:
        loaded = _load(plan, load_model)
        inference = InThread(loaded.interpreter) if loaded else NoModel()
    model = loaded.model if loaded else None
    plugin = plan.cls(plan.options, model)
    made = stages(
        plugin,
        [each.make() for each in plan.triggers],
        [each.make() for each in plan.filters],
        report=plan.options.report,
    )
    pipeline = Pipeline(plugin, inference, made, name=plan.name, progress=progress)
    if before is not None and made.cut is not None:
        # The state of a streaming model belongs to audio that the new plugin has not received.
        inference.reset()
    # A plugin that cuts audio needs every hop. With a rate the source would leave some out.
    demand = plugin.demand() if made.cut is None else Demand()
    return Assembled(plan, loaded, inference, pipeline, demand)


def stages(
    plugin: Plugin[Any, Any],
    triggers: Sequence[Trigger] = (),
    filters: Sequence[Filter] = (),
    *,
    report: Report = "presence",
) -> Stages:
    """Return the stages before and after *plugin*, including its own rate limit and filters."""
    rate_hz, cut = plugin.options.rate_hz, plugin.cut()
    if rate_hz and cut is None:
        # Not for audio that is cut: there the plugin has already made the hop long enough.
        paced = typed([Use("pace", {"rate_hz": rate_hz})], registry.TRIGGERS)
        triggers = (*(each.make() for each in paced), *triggers)
    period_s = cut.hop / SAMPLE_RATE if cut else 1.0 / rate_hz if rate_hz else DEFAULT_PERIOD_S
    clean = [each.make() for each in typed(plugin.clean())]
    return Stages(tuple(triggers), (*clean, *filters), _reporter(report), cut, period_s)


def _load(plan: PluginPlan, load_model: Loader) -> Loaded | None:
    if plan.manifest is None:
        return None
    # Before loading: if the file crashes the runtime, the last line of the log names it.
    log.info("plugin %r: loading model %r", plan.name, plan.manifest.id)
    return load_model(plan.manifest, Store.at(plan.store), plan.options.device)


def _reporter(report: Report) -> Filter:
    match report:
        case "all":
            return _all
        case "changes":
            (plan,) = typed([Use("report-by-exception")])
        case "presence":
            (plan,) = typed([Use("presence")])
    reporter: Filter = plan.make()
    return reporter


def _all(result: Result) -> Result:
    return result
