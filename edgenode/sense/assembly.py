"""From a plugin's plan to a pipeline that is ready: the one place that knows all of its parts."""

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

PERIOD_S = 0.1
"""How long an answer is of use where neither rate nor hop says so."""

Loads: TypeAlias = Callable[[Manifest, Store, str], Loaded]


@dataclass(frozen=True, slots=True)
class Assembled:
    """A plugin with all it needs.

    Attributes:
        loaded: its model, None for a plugin without one.
        inference: what its pipeline asks.
        demand: what it would like best of its source.
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
    loads: Loads = load,
    progress: StageProgress | None = None,
) -> Assembled:
    """Return what *plan* asks for; the model of *before* is kept where it is the same.

    Raise ``ModelError``, ``DeviceError`` or ``PluginError`` for what does not fit, and whatever a
    stranger's plugin raises.
    """
    if before is not None and before.plan.same_model(plan):
        loaded, inference = before.loaded, before.inference
    else:
        loaded = _load(plan, loads)
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
        # What a streaming model remembers is of the stream that this plugin has not heard.
        inference.reset()
    # Whoever cuts audio must hear every hop, whatever its rate.
    demand = plugin.demand() if made.cut is None else Demand()
    return Assembled(plan, loaded, inference, pipeline, demand)


def stages(
    plugin: Plugin[Any, Any],
    triggers: Sequence[Trigger] = (),
    filters: Sequence[Filter] = (),
    *,
    report: Report = "presence",
) -> Stages:
    """Return what stands around *plugin*, its own rate and filters included."""
    rate_hz, cut = plugin.options.rate_hz, plugin.cut()
    if rate_hz and cut is None:
        # Where audio is cut the plugin has made the hop long enough itself.
        paced = typed([Use("pace", {"rate_hz": rate_hz})], registry.TRIGGERS)
        triggers = (*(each.make() for each in paced), *triggers)
    period_s = cut.hop / SAMPLE_RATE if cut else 1.0 / rate_hz if rate_hz else PERIOD_S
    clean = [each.make() for each in typed(plugin.clean())]
    return Stages(tuple(triggers), (*clean, *filters), _reporter(report), cut, period_s)


def _load(plan: PluginPlan, loads: Loads) -> Loaded | None:
    if plan.manifest is None:
        return None
    # Before: a file that takes the runtime down with it is named by the last line of the log.
    log.info("plugin %r: loading model %r", plan.name, plan.manifest.id)
    return loads(plan.manifest, Store.at(plan.store), plan.options.device)


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
