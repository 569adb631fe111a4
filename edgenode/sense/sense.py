"""Runs a plan, and changes to another one while running: only what differs is restarted."""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from edgenode.handover.protocol import Inventory, PluginSnapshot, Record, SenseSnapshot
from edgenode.messages import PluginMeta
from edgenode.progress import Watch
from edgenode.sense.assembly import Loader
from edgenode.sense.junction import Junction
from edgenode.sense.loading import load
from edgenode.sense.plan import Plan, PluginPlan, SourcePlan, Unusable
from edgenode.sense.threads import PluginThread, Shared, SourceThread, Timing
from edgenode.sense.threads.standing import MAX_ERROR_CHARS

log = logging.getLogger(__name__)

NOTHING = Plan(sources={}, plugins={})


class Sense:
    """Runs a plan: a thread per source and per plugin. A wrong table does not stop the others.

    Only the main thread calls the public methods.

    Attributes:
        changed: set whenever the state of a source or plugin changes.
    """

    def __init__(
        self,
        offer: Callable[[Record, float], None],
        changed: threading.Event | None = None,
        *,
        timing: Timing = Timing(),  # noqa: B008 frozen value
        load_model: Loader = load,
    ) -> None:
        """Start nothing yet.

        *offer* is called with each finding and the clock's offset at its capture, from the threads
        of the plugins. *load_model* loads a model.
        """
        self.changed = changed or threading.Event()
        self._junction = Junction(offer)
        self._shared = Shared(
            publish=self._junction.publish,
            changed=self._standing_changed,
            timing=timing,
            load_model=load_model,
        )
        self._watch = Watch()
        # `apply` replaces these two as a whole; other threads read them in `_standing_changed`.
        self._plugins: Mapping[str, PluginThread | Unusable] = {}
        self._sources: Mapping[str, SourceThread] = {}
        self._plan = NOTHING

    def apply(self, plan: Plan) -> None:
        """Start what is new, stop what is gone, and change the options of what stays.

        Threads without a difference continue. A thread that has ended in an error is started again.
        """
        sources = self._sources_for(plan)
        plugins = self._plugins_for(plan, sources)
        before = self._threads()
        now = _threads(sources, plugins)
        # First: a sensor must be closed before a new thread can open it.
        self._end([thread for thread in before if thread not in now])
        self._plan, self._sources, self._plugins = plan, sources, plugins
        self._connect()
        # `now` lists sources first. Plugins start first, so that every sample has its readers.
        for thread in reversed(now):
            if thread not in before:
                thread.start()

    def stop(self) -> bool:
        """Ask all threads to end and wait for them; return whether all have ended in time."""
        return self._end(self._threads())

    def inventory(self) -> Inventory:
        """Return the plugins and the models loaded so far, for the node's ``meta`` message."""
        assembled = [thread.assembled for thread in self._plugin_threads()]
        metas = [each.loaded.meta for each in assembled if each and each.loaded]
        plugins = tuple(
            PluginMeta(id=name, use=p.use, model=p.model, source=_reads_from(p))
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
        """Remember the progress of the threads."""
        self._watch.mark(thread.progress for thread in self._threads())

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do: all recordings have ended, or no plugin can read them."""
        if self.wedged or not self._plugins:
            return False
        if self._sources:
            return all(thread.progress.done for thread in self._threads())
        return all(map(self._is_over, self._plugins))

    @property
    def wedged(self) -> bool:
        """Whether a driver hangs forever: only a new process can use its sensor again."""
        return any(source.standing.state == "wedged" for source in self._sources.values())

    def faults(self) -> tuple[list[str], list[str]]:
        """Return the errors of the sources and of the plugins, one line each."""
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
        """Return a thread for each source that a plugin reads; unchanged ones are kept."""
        usable = [plugin for plugin in plan.plugins.values() if isinstance(plugin, PluginPlan)]
        read = {plugin.source for plugin in usable}
        threads = {}
        for name, source in plan.sources.items():
            if name in read and isinstance(source, SourcePlan):
                now = self._sources.get(name)
                unchanged = now is not None and now.plan == source and not now.ended_badly
                threads[name] = now if now and unchanged else SourceThread(source, self._shared)
        return threads

    def _plugins_for(
        self, plan: Plan, sources: Mapping[str, SourceThread]
    ) -> dict[str, PluginThread | Unusable]:
        """Return a thread for each plugin; those that are kept have received their new plan."""
        plugins: dict[str, PluginThread | Unusable] = {}
        for name, wanted in plan.plugins.items():
            now = self._plugins.get(name)
            if isinstance(wanted, Unusable):
                # Logged once, and not again at every reload for another plugin.
                if wanted != now:
                    log.error("plugin %r: %s", name, wanted.error)
                plugins[name] = wanted
            elif isinstance(now, PluginThread) and self._continues(now, wanted, sources):
                plugins[name] = now
            else:
                plugins[name] = PluginThread(wanted, self._shared)
        return plugins

    def _continues(
        self, now: PluginThread, wanted: PluginPlan, sources: Mapping[str, SourceThread]
    ) -> bool:
        """Have *now* run *wanted*; return False if that takes another thread.

        One that has ended well, and has nothing left to do, is not started again.
        """
        alike = (now.plan.cls, now.plan.source, now.plan.reads) == (
            wanted.cls,
            wanted.source,
            wanted.reads,
        )
        if not now.progress.done:
            return alike and (now.plan == wanted or now.use(wanted))
        # A new source thread reads its recording again: its plugins must start again, too.
        same_source = sources.get(wanted.source) is self._sources.get(wanted.source)
        # A plugin that reads findings may have new ones to read, and a new start costs little.
        ended_well = not now.standing.error and not wanted.reads
        return now.plan == wanted and same_source and ended_well

    def _connect(self) -> None:
        """Give every source, and the junction, the list of its readers."""
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
            source.set_readers(tuple(readers.get(name, ())))
        self._standing_changed()

    def _standing_changed(self) -> None:
        """Update sources and readers after a change of state. Called from any thread."""
        for source in self._sources.values():
            source.update_demand()
        for thread in self._plugin_threads():
            if thread.plan.reads and all(map(self._is_over, thread.plan.reads)):
                # Nothing more will arrive: the reader drains its mailbox and finishes.
                thread.mailbox.close()
        self.changed.set()

    def _is_over(self, plugin: str) -> bool:
        """Return whether *plugin* has ended and will find nothing more."""
        now = self._plugins.get(plugin)
        if isinstance(now, PluginThread):
            return now.progress.done
        source = self._plan.source_of(plugin)
        return source is not None and source.ends

    def _snapshot(self, plugin: PluginThread | Unusable) -> PluginSnapshot:
        if isinstance(plugin, Unusable):
            return PluginSnapshot(fate=plugin.fate, error=plugin.error[:MAX_ERROR_CHARS])
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
        until = time.monotonic() + self._shared.timing.join_s
        late = [each for each in threads if not each.join(max(0.0, until - time.monotonic()))]
        for thread in late:
            log.error("%s does not end; it is left behind", _title(thread))
        return not late


def summary(snapshot: SenseSnapshot) -> str:
    """Return one line: the number of plugins in each state, as ``2 running, 1 failed``."""
    fates = Counter(one.fate for one in snapshot.plugins.values())
    return ", ".join(f"{count} {fate}" for fate, count in fates.items()) or "nothing to run"


def failures(snapshot: SenseSnapshot) -> list[str]:
    """Return a line for each plugin that neither runs nor has finished well."""
    if not snapshot.plugins:
        return ["nothing to run"]
    return [
        f"plugin {name!r}: {one.fate}" + (f": {one.error}" if one.error else "")
        for name, one in snapshot.plugins.items()
        if one.error or one.fate not in ("running", "finished")
    ]


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


def _reads_from(plugin: PluginPlan | Unusable) -> str:
    """Return the name of its source, or the names of the plugins that it reads."""
    reads = plugin.reads if isinstance(plugin, PluginPlan) else ()
    return plugin.source or ", ".join(reads)[:MAX_ERROR_CHARS]
