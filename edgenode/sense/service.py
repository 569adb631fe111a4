"""Wires the process with the devices: sources, pipelines, and the courier to the uplink."""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from edgenode.catalogue.manifest import find
from edgenode.catalogue.store import Store
from edgenode.errors import DeviceError, EdgenodeError, ModelError
from edgenode.handover import Inventory, PluginVitals, Record, Vitals
from edgenode.messages import Fate, ModelMeta, PluginMeta
from edgenode.plugin import Demand
from edgenode.sense.lanes import Lane, Pump, vitals
from edgenode.sense.loading import load
from edgenode.sense.pipeline import Identity, Inference, Pipeline
from edgenode.sense.plan import Plan, PluginPlan, chain

log = logging.getLogger(__name__)

JOIN_S = 5.0


class Sense:
    """Runs a plan. A plugin that cannot be made is a fate among the vitals; the others run."""

    def __init__(
        self,
        plan: Plan,
        store: Store,
        emit: Callable[[Record], None],
        folders: Sequence[str] = (),
        changed: threading.Event | None = None,
    ) -> None:
        """Load the models, those in *folders* first, and make the pipelines; open no device yet.

        *changed* is set whenever a fate changes.
        """
        self._plan = plan
        self._folders = folders
        self._store = store
        self._emit = emit
        self._metas: dict[str, ModelMeta] = {}
        self._faults: dict[str, PluginVitals] = {}
        self._lanes: dict[str, Lane] = {}
        self._demands: dict[str, list[Demand]] = {}
        self.changed = changed or threading.Event()
        for plugin in plan.plugins.values():
            self._add(plugin)
        self._pumps = {
            name: self._pump(name) for name in {self._source_of(lane): None for lane in self._lanes}
        }

    def start(self) -> None:
        """Begin: plugins first, so that no sample meets an absent reader."""
        for lane in self._lanes.values():
            lane.start()
        for pump in self._pumps.values():
            pump.start()

    def stop(self) -> bool:
        """End: ask all, then wait; return whether all threads have ended in time."""
        threads: tuple[Pump | Lane, ...] = (*self._pumps.values(), *self._lanes.values())
        for thread in threads:
            thread.stop()
        until = time.monotonic() + JOIN_S
        ended = [thread.join(max(0.0, until - time.monotonic())) for thread in threads]
        return all(ended)

    def inventory(self) -> Inventory:
        """Return what runs here, for the birth."""
        plugins = tuple(
            PluginMeta(id=name, use=p.use, model=p.model, source=p.source)
            for name, p in self._plan.plugins.items()
        )
        return Inventory(
            models=tuple(self._metas.values()), plugins=plugins, cfg_hash=self._plan.digest
        )

    def vitals(self) -> Vitals:
        """Return how every plugin fares."""
        plugins = dict(self._faults)
        for name, lane in self._lanes.items():
            plugins[name] = vitals(lane, self._pumps[self._source_of(name)])
        return Vitals(
            plugins=plugins,
            seen_bytes=sum(pump.seen_bytes for pump in self._pumps.values()),
        )

    def advanced(self) -> bool:
        """Return whether every thread has got on since this was last true."""
        threads: tuple[Pump | Lane, ...] = (*self._pumps.values(), *self._lanes.values())
        if not all(thread.pulse.moved for thread in threads):
            return False
        for thread in threads:
            thread.pulse.mark()
        return True

    @property
    def finished(self) -> bool:
        """Whether every source was a recording that has ended, and every plugin is done with it."""
        threads: tuple[Pump | Lane, ...] = (*self._pumps.values(), *self._lanes.values())
        return bool(threads) and all(thread.pulse.done for thread in threads) and not self.crashed

    @property
    def flawless(self) -> bool:
        """Whether no source has a fault."""
        return not any(pump.fault for pump in self._pumps.values())

    @property
    def crashed(self) -> bool:
        """Whether a source raised what no source should: the process must end."""
        return any(pump.crashed for pump in self._pumps.values())

    def _source_of(self, plugin: str) -> str:
        return self._plan.plugins[plugin].source

    def _add(self, plan: PluginPlan) -> None:
        if plan.fault:
            self._fail(plan.name, plan.fate, plan.fault)
            return
        try:
            self._lanes[plan.name] = self._lane(plan)
        except ModelError as error:
            self._fail(plan.name, "model-error", str(error))
        except DeviceError as error:
            self._fail(plan.name, "device-error", str(error))
        except EdgenodeError as error:
            self._fail(plan.name, "config-error", str(error))
        except Exception as error:
            log.exception("plugin %r cannot be made", plan.name)
            self._fail(plan.name, "failed", f"{type(error).__name__}: {error}")

    def _fail(self, name: str, fate: Fate, fault: str) -> None:
        log.error("plugin %r: %s", name, fault)
        self._faults[name] = PluginVitals(fate=fate, error=fault[:512])

    def _lane(self, plan: PluginPlan) -> Lane:
        interpreter: Inference = Identity()
        model = loaded = None
        if plan.model:
            loaded = load(find(plan.model, self._folders), self._store, plan.options.device)
            interpreter, model = loaded.interpreter, loaded.model
        plugin = plan.cls(plan.options, model)
        pipeline = Pipeline(plugin, interpreter, model, chain(plugin, plan.filters))
        if loaded is not None:
            self._metas[plan.model] = loaded.meta
        self._demands.setdefault(plan.source, []).append(plugin.demand())
        return Lane(plan.name, plan.cls.takes, pipeline, self._emit, self.changed.set)

    def _pump(self, name: str) -> Pump:
        source = self._plan.sources[name]
        demand = combine(self._demands.get(name, []))
        lanes = [lane for lane in self._lanes.values() if self._source_of(lane.name) == name]
        make = partial(source.cls, source.options, demand)
        return Pump(name, make, lanes, self.changed.set)


def summary(vitals: Vitals) -> str:
    """Return one line for people: how many plugins fare how."""
    fates = Counter(vital.fate for vital in vitals.plugins.values())
    return ", ".join(f"{count} {fate}" for fate, count in fates.items()) or "nothing to run"


def combine(demands: Iterable[Demand]) -> Demand:
    """Return one demand that serves all: the same, or frames large enough for each to shrink."""
    different = set(demands)
    rates = [demand.rate_hz for demand in different if demand.rate_hz]
    rate = max(rates) if rates and len(rates) == len(different) else None
    looks = {(demand.size, demand.fit) for demand in different if demand.size}
    if len(looks) == 1:
        ((size, fit),) = looks
        return Demand(size=size, fit=fit, rate_hz=rate)
    sizes = [size for size, _ in looks if size]
    if not sizes:
        return Demand(rate_hz=rate)
    # Letterboxed in twice the size, a frame of up to 2:1 still covers the largest input.
    width, height = max(w for w, _ in sizes), max(h for _, h in sizes)
    return Demand(size=(2 * width, 2 * height), fit="letterbox", rate_hz=rate)
