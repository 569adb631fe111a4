"""Runs a plan, and changes to another while running: only what differs is touched."""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from edgenode.handover import Inventory, PluginSnapshot, Record, SenseSnapshot
from edgenode.messages import PluginMeta
from edgenode.progress import Watch
from edgenode.sense.assembly import Loads
from edgenode.sense.junction import Junction
from edgenode.sense.loading import load
from edgenode.sense.plan import Plan, PluginPlan, SourcePlan, Unusable
from edgenode.sense.threads import PluginThread, SourceThread, Surroundings, Timing
from edgenode.sense.threads.standing import LONGEST

log = logging.getLogger(__name__)

NOTHING = Plan(sources={}, plugins={})


class Sense:
    """Runs a plan. A plugin that cannot be made is a fate in the snapshot; the others run.

    Attributes:
        changed: set whenever a standing changes.
    """

    def __init__(
        self,
        offer: Callable[[Record, float], None],
        changed: threading.Event | None = None,
        *,
        timing: Timing = Timing(),  # noqa: B008 frozen value
        loads: Loads = load,
    ) -> None:
        """Run nothing yet; *loads* loads a model.

        *offer* takes findings, each with the clock's offset at its capture.
        """
        self.changed = changed or threading.Event()
        self._junction = Junction(offer)
        self._around = Surroundings(
            publish=self._junction.publish, changed=self._look, timing=timing, loads=loads
        )
        self._watch = Watch()
        # The threads read these two, and `apply` replaces them: they are never changed.
        self._plugins: Mapping[str, PluginThread | Unusable] = {}
        self._sources: Mapping[str, SourceThread] = {}
        self._plan = NOTHING

    def apply(self, plan: Plan) -> None:
        """Start what is new, stop what is gone, swap what only changed options.

        The rest never notices; but what has ended in an error is tried again.
        """
        sources = self._sources_for(plan)
        plugins = self._plugins_for(plan, sources)
        before = self._threads()
        now = _threads(sources, plugins)
        # A sensor is closed before it is opened anew.
        self._end([thread for thread in before if thread not in now])
        self._plan, self._sources, self._plugins = plan, sources, plugins
        self._connect()
        # Plugins first, so that no sample meets an absent reader.
        for thread in reversed(now):
            if thread not in before:
                thread.start()

    def stop(self) -> bool:
        """End: ask all, then wait; return whether all threads have ended in time."""
        return self._end(self._threads())

    def inventory(self) -> Inventory:
        """Return what runs here, for the birth; it grows while models are loaded."""
        assembled = [thread.assembled for thread in self._plugin_threads()]
        metas = [each.loaded.meta for each in assembled if each and each.loaded]
        plugins = tuple(
            PluginMeta(id=name, use=p.use, model=p.model, source=_feeds(p))
            for name, p in self._plan.plugins.items()
        )
        models = tuple({meta.id: meta for meta in metas}.values())
        return Inventory(models=models, plugins=plugins, cfg_hash=self._plan.digest)

    def snapshot(self) -> SenseSnapshot:
        """Return how every plugin fares."""
        return SenseSnapshot(
            plugins={name: self._snapshot(each) for name, each in self._plugins.items()},
            seen_bytes=sum(source.seen_bytes for source in self._sources.values()),
        )

    def stuck(self) -> list[str]:
        """Return the names of the threads that have not advanced since ``mark``."""
        titles = {
            thread.progress: _title(thread)
            for thread in self._threads()
            if not (isinstance(thread, PluginThread) and thread.loading)
        }
        return [titles[progress] for progress in self._watch.stuck(titles)]

    def mark(self) -> None:
        """Remember how far the threads are."""
        self._watch.mark(thread.progress for thread in self._threads())

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do: all recordings have ended, or nothing can read them."""
        if self.wedged or not self._plugins:
            return False
        if self._sources:
            return all(thread.progress.done for thread in self._threads())
        return all(map(self._is_over, self._plugins))

    @property
    def wedged(self) -> bool:
        """Whether a driver hangs for good: only a new process can use its sensor again."""
        return any(source.standing.state == "wedged" for source in self._sources.values())

    def faults(self) -> tuple[list[str], list[str]]:
        """Return what is wrong with the sources that run, and with all plugins, a line each."""
        sources = [
            f"source {name!r}: {source.standing.error}"
            for name, source in self._sources.items()
            if source.standing.error
        ]
        plugins = [
            f"plugin {name!r}: {snapshot.error}"
            for name, snapshot in self.snapshot().plugins.items()
            if snapshot.error
        ]
        return sources, plugins

    def _sources_for(self, plan: Plan) -> dict[str, SourceThread]:
        """Return a thread for each source that is read, those that need no change as they are."""
        usable = [plugin for plugin in plan.plugins.values() if isinstance(plugin, PluginPlan)]
        read = {plugin.source for plugin in usable}
        threads = {}
        for name, source in plan.sources.items():
            if name in read and isinstance(source, SourcePlan):
                now = self._sources.get(name)
                goes_on = now is not None and now.plan == source and not now.ended_badly
                threads[name] = now if now and goes_on else SourceThread(source, self._around)
        return threads

    def _plugins_for(
        self, plan: Plan, sources: Mapping[str, SourceThread]
    ) -> dict[str, PluginThread | Unusable]:
        """Return what stands for each plugin, told already what it shall run."""
        plugins: dict[str, PluginThread | Unusable] = {}
        for name, wanted in plan.plugins.items():
            now = self._plugins.get(name)
            if isinstance(wanted, Unusable):
                # Once: a reload for another plugin tells nothing new of this one.
                if wanted != now:
                    log.error("plugin %r: %s", name, wanted.error)
                plugins[name] = wanted
            elif isinstance(now, PluginThread) and self._goes_on(now, wanted, sources):
                if now.plan != wanted:
                    now.use(wanted)
                plugins[name] = now
            else:
                plugins[name] = PluginThread(wanted, self._around)
        return plugins

    def _goes_on(
        self, now: PluginThread, wanted: PluginPlan, sources: Mapping[str, SourceThread]
    ) -> bool:
        """Return whether *now* may run *wanted*: it lives, or has ended well and nothing is new."""
        alike = (now.plan.cls, now.plan.source, now.plan.reads) == (
            wanted.cls,
            wanted.source,
            wanted.reads,
        )
        if not now.progress.done:
            return alike
        # A recording that is read anew is for those, too, who have come to its end.
        same_source = sources.get(wanted.source) is self._sources.get(wanted.source)
        # One that reads findings may have new ones to read: it is cheap to begin anew.
        ended_well = not now.standing.error and not wanted.reads
        return now.plan == wanted and same_source and ended_well

    def _connect(self) -> None:
        """Tell sources and junction who reads them."""
        readers: dict[str, list[PluginThread]] = {}
        results: dict[str, list[PluginThread]] = {}
        for thread in self._plugin_threads():
            for name in thread.plan.reads:
                results.setdefault(name, []).append(thread)
            readers.setdefault(thread.plan.source, []).append(thread)
        self._junction.readers = {
            name: tuple(thread.mailbox for thread in reading) for name, reading in results.items()
        }
        for name, source in self._sources.items():
            source.read_for(tuple(readers.get(name, ())))
        self._look()

    def _look(self) -> None:
        """Called by a thread whose standing has changed: tell those whom it may concern."""
        for source in self._sources.values():
            source.reconsider()
        for thread in self._plugin_threads():
            if thread.plan.reads and all(map(self._is_over, thread.plan.reads)):
                thread.mailbox.close()
        self.changed.set()

    def _is_over(self, plugin: str) -> bool:
        """Return whether *plugin* will find nothing any more."""
        now = self._plugins.get(plugin)
        if isinstance(now, PluginThread):
            return now.progress.done
        source = self._plan.source_of(plugin)
        return source is not None and source.ends

    def _snapshot(self, plugin: PluginThread | Unusable) -> PluginSnapshot:
        if isinstance(plugin, Unusable):
            return PluginSnapshot(fate=plugin.fate, error=plugin.error[:LONGEST])
        source = self._sources.get(plugin.plan.source)
        standing = plugin.standing
        if source is not None and source.standing.error and not standing.error:
            standing = source.standing
        return PluginSnapshot(
            fate=standing.fate,
            error=standing.error,
            health=plugin.health(source.lost if source else 0),
        )

    def _plugin_threads(self) -> list[PluginThread]:
        return [each for each in self._plugins.values() if isinstance(each, PluginThread)]

    def _threads(self) -> list[PluginThread | SourceThread]:
        return _threads(self._sources, self._plugins)

    def _end(self, threads: Iterable[PluginThread | SourceThread]) -> bool:
        threads = list(threads)
        for thread in threads:
            thread.stop()
        until = time.monotonic() + self._around.timing.join_s
        late = [each for each in threads if not each.join(max(0.0, until - time.monotonic()))]
        for thread in late:
            log.error("%s does not end; it is left behind", _title(thread))
        return not late


def summary(snapshot: SenseSnapshot) -> str:
    """Return one line for people: how many plugins fare how."""
    fates = Counter(one.fate for one in snapshot.plugins.values())
    return ", ".join(f"{count} {fate}" for fate, count in fates.items()) or "nothing to run"


def _threads(
    sources: Mapping[str, SourceThread], plugins: Mapping[str, PluginThread | Unusable]
) -> list[PluginThread | SourceThread]:
    running = [each for each in plugins.values() if isinstance(each, PluginThread)]
    return [*sources.values(), *running]


def _title(thread: PluginThread | SourceThread) -> str:
    if isinstance(thread, SourceThread):
        return f"source {thread.name!r}"
    stage = thread.progress.stage
    return f"plugin {thread.name!r}" + (f" in {stage}" if stage else "")


def _feeds(plugin: PluginPlan | Unusable) -> str:
    """Return what the plugin reads: its source, or plugins."""
    reads = plugin.reads if isinstance(plugin, PluginPlan) else ()
    return plugin.source or ", ".join(reads)[:LONGEST]
