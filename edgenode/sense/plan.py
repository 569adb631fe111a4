"""What the configuration asks sense to run, typed and checked; what cannot run has a fault."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from edgenode.config import Config
from edgenode.config.faults import Fault
from edgenode.config.settle import settle
from edgenode.errors import EdgenodeError, PluginError
from edgenode.messages import Fate
from edgenode.plugin import Filter, Options, Plugin, PluginOptions, Sample, Source, Use
from edgenode.samples import is_kind
from edgenode.sense import checks, registry
from edgenode.sense.tables import Table

NO_OPTIONS = Options()
NO_PLUGIN_OPTIONS = PluginOptions(source="")

REPORTS = {"presence": (Use("presence"),), "changes": (Use("report-by-exception"),), "all": ()}
"""The last filters, by the option ``report``."""


@dataclass(frozen=True, kw_only=True)
class SourcePlan:
    """A table under ``[sources]``; ``cls`` and ``options`` mean nothing where there is a fault.

    Attributes:
        faults: what is wrong with the table itself, each with its key.
        fault: the same on one line, empty for a source that can be made.
        fate: what ``fault`` makes of the plugins that read it.
        yields: what it yields, None where there is a fault.
    """

    name: str
    use: str = ""
    cls: type[Source[Any]] = Source  # type: ignore[type-abstract]  # never called
    options: Options = NO_OPTIONS
    yields: type[Sample] | None = None
    faults: tuple[Fault, ...] = ()
    fault: str = ""
    fate: Fate = "starting"


@dataclass(frozen=True, kw_only=True)
class FilterPlan:
    """A filter and its options."""

    name: str
    options: Options
    factory: registry.Factory

    def make(self) -> Filter:
        """Return a new filter, which remembers nothing yet."""
        return self.factory(self.options)


@dataclass(frozen=True, kw_only=True)
class PluginPlan:
    """A table under ``[plugins]``; ``cls`` and ``options`` mean nothing where there is a fault.

    Attributes:
        source, model: names, as far as the table says them.
        filters: those of the table; the plugin's own come before them.
        faults: what is wrong with the table itself, each with its key.
        fault: why the plugin cannot run, on one line: its own faults, or its source's.
        fate: what ``fault`` makes of it.
    """

    name: str
    use: str = ""
    source: str = ""
    model: str = ""
    cls: type[Plugin[Any, Any]] = Plugin  # type: ignore[type-abstract]  # never called
    options: PluginOptions = NO_PLUGIN_OPTIONS
    filters: tuple[FilterPlan, ...] = ()
    faults: tuple[Fault, ...] = ()
    fault: str = ""
    fate: Fate = "starting"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Everything sense is asked to run, by name, and the configuration's digest."""

    sources: Mapping[str, SourcePlan]
    plugins: Mapping[str, PluginPlan]
    digest: str = ""

    def faults(self) -> list[Fault]:
        """Return all faults with their keys; ``Config.line`` says them."""
        tables: list[SourcePlan | PluginPlan] = [*self.sources.values(), *self.plugins.values()]
        found = [fault for table in tables for fault in table.faults]
        if not self.plugins:
            found.append(
                Fault(("plugins",), "nothing to run; add a table such as [plugins.people]")
            )
        return found


def plan(config: Config) -> Plan:
    """Return what *config* asks for; open nothing, and raise nothing for what is wrong in it."""
    sources = {
        name: _source(Table(name, ("sources", name), table, config.folder))
        for name, table in config.sources.items()
    }
    plugins = {
        name: _plugin(Table(name, ("plugins", name), table, config.folder), config, sources)
        for name, table in config.plugins.items()
    }
    return Plan(sources=sources, plugins=plugins, digest=config.digest)


def typed(uses: Iterable[Use]) -> tuple[FilterPlan, ...]:
    """Return a plugin's own filters, ready to be made; raise ``PluginError`` for a wrong one."""
    ready = []
    for use in uses:
        factory, kind = registry.filter(use.use)
        options, faults = settle(use.options, kind, (use.use,))
        if options is None:
            raise PluginError(f"filter {_join(faults)}")
        ready.append(FilterPlan(name=use.use, options=options, factory=factory))
    return tuple(ready)


def chain(plugin: Plugin[Any, Any], filters: Iterable[FilterPlan] = ()) -> list[Filter]:
    """Return new filters for a plugin's results: its cleaning, *filters*, its ``report``."""
    last = REPORTS[plugin.options.report]
    return [each.make() for each in (*typed(plugin.clean()), *filters, *typed(last))]


def _source(table: Table) -> SourcePlan:
    faults = table.unusable()
    if faults:
        return _bad_source(table, "config-error", faults)
    try:
        cls = registry.source(table.use)
    except PluginError as error:
        return _bad_source(table, "load-error", table.strange(error))
    options, faults = settle(table.options(), cls.Options, table.key, table.folder)
    if options is None:
        return _bad_source(table, "config-error", faults)
    try:
        yields = cls(options).yields
        if not is_kind(yields):
            raise PluginError(f"yields {yields!r}, no kind of sample; ask its author")  # noqa: TRY301
    except Exception as error:  # noqa: BLE001 plugin load: a stranger's constructor
        return _bad_source(table, "config-error", [Fault(table.key, _reason(error))])
    return SourcePlan(name=table.name, use=table.use, cls=cls, options=options, yields=yields)


def _bad_source(table: Table, fate: Fate, faults: list[Fault]) -> SourcePlan:
    return SourcePlan(
        name=table.name, use=table.use, faults=tuple(faults), fault=_join(faults), fate=fate
    )


def _plugin(table: Table, config: Config, sources: Mapping[str, SourcePlan]) -> PluginPlan:
    faults = table.unusable()
    if faults:
        return _bad_plugin(table, {"config-error": faults})
    try:
        cls = registry.plugin(table.use)
    except PluginError as error:
        return _bad_plugin(table, {"load-error": table.strange(error)})
    options, faults = settle(table.options(), cls.Options, table.key, table.folder)
    filters, strange = _filters(table)
    asked = table.values if options is None else msgspec.structs.asdict(options)
    yields = {name: source.yields for name, source in sources.items()}
    unread = checks.source(cls, asked.get("source"), yields, table.key)
    manifest, absent = checks.model(cls, asked, config.models, table.key)
    mistyped = checks.traits(cls, manifest, table.key) if manifest else []
    unknown = checks.labels(manifest, asked, config.models, table.key) if manifest else []
    wrong: dict[Fate, list[Fault]] = {
        "config-error": [*faults, *unread, *strange, *unknown],
        "model-error": [*absent, *mistyped],
    }
    if options is None or any(wrong.values()):
        return _bad_plugin(table, wrong)
    plan = PluginPlan(
        name=table.name,
        use=table.use,
        source=options.source,
        model=options.model,
        cls=cls,
        options=options,
        filters=filters,
    )
    source = sources[options.source]
    return replace(plan, fault=source.fault, fate=source.fate)


def _bad_plugin(table: Table, wrong: Mapping[Fate, list[Fault]]) -> PluginPlan:
    faults = [fault for some in wrong.values() for fault in some]
    return PluginPlan(
        name=table.name,
        use=table.use,
        source=table.text("source"),
        model=table.text("model"),
        faults=tuple(faults),
        fault=_join(faults),
        fate=next(fate for fate, some in wrong.items() if some),
    )


def _filters(table: Table) -> tuple[tuple[FilterPlan, ...], list[Fault]]:
    """Return the filters of the table that are right, and what is wrong with the others."""
    tables = table.values.get("filters", ())
    right: list[FilterPlan] = []
    faults: list[Fault] = []
    for place, values in enumerate(tables if isinstance(tables, list) else ()):
        if isinstance(values, dict):
            key = (*table.key, "filters", place)
            found, wrong = _filter(Table("", key, values, table.folder))
            right += found
            faults += wrong
    return tuple(right), faults


def _filter(table: Table) -> tuple[list[FilterPlan], list[Fault]]:
    faults = table.unusable()
    if faults:
        return [], faults
    try:
        factory, kind = registry.filter(table.use)
    except PluginError as error:
        return [], table.strange(error)
    options, faults = settle(table.options(), kind, table.key, table.folder)
    if options is None:
        return [], faults
    return [FilterPlan(name=table.use, options=options, factory=factory)], []


def _join(faults: Iterable[Fault]) -> str:
    return "; ".join(map(str, faults))


def _reason(error: Exception) -> str:
    if isinstance(error, EdgenodeError):
        return str(error)
    return " ".join(f"cannot be made: {type(error).__name__}: {error}; ask its author".split())
