"""From a configuration to a plan: everything is typed and checked, nothing is opened."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

import msgspec

from edgenode.config import Config
from edgenode.config.convert import convert
from edgenode.config.faults import Fault
from edgenode.errors import EdgenodeError, PluginError
from edgenode.messages import Fate
from edgenode.plugin import Plugin, Result, Use
from edgenode.samples import is_kind
from edgenode.sense import checks, registry
from edgenode.sense.checks import Table
from edgenode.sense.plan import Plan, PluginPlan, SourcePlan, StagePlan, Unusable

Sources: TypeAlias = Mapping[str, SourcePlan | Unusable]
Wrong: TypeAlias = dict[Fate, list[Fault]]


def plan(config: Config) -> Plan:
    """Return what *config* asks for; raise nothing for what is wrong in it."""
    sources = {
        name: _source(Table(name, ("sources", name), table, config.folder))
        for name, table in config.sources.items()
    }
    tables = {
        name: Table(name, ("plugins", name), table, config.folder)
        for name, table in config.plugins.items()
    }
    reads = {name: checks.reads(table) for name, table in tables.items()}
    plugins = {name: _plugin(table, config, sources, reads) for name, table in tables.items()}
    return Plan(sources=sources, plugins=plugins, digest=config.digest)


def typed(uses: Iterable[Use], group: str = registry.FILTERS) -> tuple[StagePlan, ...]:
    """Return what a plugin names itself, ready to be made; raise ``PluginError`` if wrong."""
    chain = []
    for use in uses:
        factory, kind = registry.factory(group, use.use)
        options, faults = convert(use.options, kind, (use.use,))
        if options is None:
            says = "; ".join(map(str, faults))
            raise PluginError(f"{registry.KINDS[group]} {says}")
        chain.append(StagePlan(name=use.use, options=options, factory=factory))
    return tuple(chain)


def _source(table: Table) -> SourcePlan | Unusable:
    if faults := table.unusable():
        return _unusable(table, {"config-error": faults})
    try:
        cls = registry.source(table.use)
    except PluginError as error:
        return _unusable(table, {"load-error": table.strange(error)})
    options, faults = convert(table.options(), cls.Options, table.key, table.folder)
    if options is None:
        return _unusable(table, {"config-error": faults})
    try:
        # Constructing touches no hardware, and only an instance knows what a recording holds.
        made = cls(options)
        yields, ends = made.yields, made.ends
        if not is_kind(yields):
            raise PluginError(f"yields {yields!r}, no kind of sample; ask its author")  # noqa: TRY301
    except Exception as error:  # noqa: BLE001 plugin load: a stranger's constructor
        return _unusable(table, {"config-error": [Fault(table.key, _reason(error))]})
    return SourcePlan(
        name=table.name, use=table.use, cls=cls, options=options, yields=yields, ends=ends
    )


def _plugin(
    table: Table, config: Config, sources: Sources, reads: Mapping[str, tuple[str, ...]]
) -> PluginPlan | Unusable:
    if faults := table.unusable():
        return _unusable(table, {"config-error": faults})
    try:
        cls = registry.plugin(table.use)
    except PluginError as error:
        return _unusable(table, {"load-error": table.strange(error)})
    options, faults = convert(table.options(), cls.Options, table.key, table.folder)
    # What is wrong beside a wrong option is told, too, as far as the raw table shows it.
    asked = table.values if options is None else msgspec.structs.asdict(options)
    unread = _unread(table, cls, asked, sources, reads)
    triggers, strange = _chain(table, "triggers", registry.TRIGGERS)
    filters, odd = _chain(table, "filters", registry.FILTERS)
    manifest, absent = checks.model(cls, asked, config.models, table.key)
    mistyped = checks.traits(cls, manifest, table.key) if manifest else []
    unknown = checks.labels(manifest, asked, config.models, table.key) if manifest else []
    wrong: Wrong = {
        "config-error": [*faults, *unread, *strange, *odd, *unknown],
        "model-error": [*absent, *mistyped],
    }
    if options is None or any(wrong.values()):
        return _unusable(table, wrong)
    source = sources.get(options.source)
    if isinstance(source, Unusable):
        return _unusable(table, {source.fate: list(source.faults)})
    return PluginPlan(
        name=table.name,
        use=table.use,
        cls=cls,
        options=options,
        triggers=triggers,
        filters=filters,
        manifest=manifest,
        store=config.models.store,
    )


def _unread(
    table: Table,
    cls: type[Plugin[Any, Any]],
    asked: Mapping[str, Any],
    sources: Sources,
    reads: Mapping[str, tuple[str, ...]],
) -> list[Fault]:
    """Tell what is wrong with what the plugin reads: a source, or other plugins."""
    if cls.takes is Result:
        return list(checks.findings(table, asked, reads))
    yields = {
        name: source.yields if isinstance(source, SourcePlan) else None
        for name, source in sources.items()
    }
    return list(checks.source(cls, asked, yields, table.key))


def _unusable(table: Table, wrong: Wrong) -> Unusable:
    return Unusable(
        name=table.name,
        use=table.use,
        source=table.text("source"),
        model=table.text("model"),
        fate=next(fate for fate, some in wrong.items() if some),
        faults=tuple(fault for some in wrong.values() for fault in some),
    )


def _chain(table: Table, name: str, group: str) -> tuple[tuple[StagePlan, ...], list[Fault]]:
    """Return the triggers or filters of the table that are right, and what is wrong with others."""
    tables = table.values.get(name, ())
    chain: list[StagePlan] = []
    faults: list[Fault] = []
    for place, values in enumerate(tables if isinstance(tables, list) else ()):
        if isinstance(values, dict):
            key = (*table.key, name, place)
            found, wrong = _stage(Table("", key, values, table.folder), group)
            chain += found
            faults += wrong
    return tuple(chain), faults


def _stage(table: Table, group: str) -> tuple[list[StagePlan], list[Fault]]:
    if faults := table.unusable():
        return [], faults
    try:
        factory, kind = registry.factory(group, table.use)
    except PluginError as error:
        return [], table.strange(error)
    options, faults = convert(table.options(), kind, table.key, table.folder)
    if options is None:
        return [], faults
    return [StagePlan(name=table.use, options=options, factory=factory)], []


def _reason(error: Exception) -> str:
    if isinstance(error, EdgenodeError):
        return str(error)
    return " ".join(f"cannot be made: {type(error).__name__}: {error}; ask its author".split())
