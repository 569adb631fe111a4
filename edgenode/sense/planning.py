"""Makes a plan from a configuration: every table is checked, no device or model is opened."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from edgenode.config import Config, examine
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
FaultsByFate: TypeAlias = dict[Fate, list[Fault]]

LONGEST_TEXT = 512
"""Most characters of a ``messages.Text``."""


def plan(config: Config) -> Plan:
    """Return the plan for *config*. A wrong table becomes an ``Unusable``; nothing is raised."""
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


def check(path: Path, *, secrets: bool = True) -> tuple[Config, Plan, list[str]]:
    """Return the configuration in *path*, its plan, and a line for each fault of both."""
    config, faults = examine(path, secrets=secrets)
    wanted = plan(config)
    # With a fault in the file itself, "nothing to run" would be a second line for the same fault.
    if config.plugins or not faults:
        faults += map(config.line, wanted.faults())
    return config, wanted, faults


def typed(uses: Iterable[Use], group: str = registry.FILTERS) -> tuple[StagePlan, ...]:
    """Return the stages that a plugin itself names; raise ``PluginError`` if one is wrong."""
    chain = []
    for use in uses:
        factory, kind = registry.factory(group, use.use)
        options, faults = convert(use.options, kind, (use.use,))
        if options is None:
            text = "; ".join(map(str, faults))
            raise PluginError(f"{registry.KINDS[group]} {text}")
        chain.append(StagePlan(name=use.use, options=options, factory=factory))
    return tuple(chain)


def _source(table: Table) -> SourcePlan | Unusable:
    if faults := table.use_faults():
        return _unusable(table, {"config-error": faults})
    try:
        cls = registry.source(table.use)
    except PluginError as error:
        return _unusable(table, {"load-error": table.load_faults(error)})
    options, faults = convert(table.options(), cls.Options, table.key, table.folder)
    if options is None:
        return _unusable(table, {"config-error": faults})
    try:
        # Only an instance knows what a recording contains. Constructing touches no hardware.
        made = cls(options)
        yields, ends = made.yields, made.ends
        if not is_kind(yields):
            raise PluginError(f"yields {yields!r}, no kind of sample; ask its author")  # noqa: TRY301
    except Exception as error:  # noqa: BLE001 the constructor of another author
        return _unusable(table, {"config-error": [Fault(table.key, reason(error))]})
    return SourcePlan(
        name=table.name, use=table.use, cls=cls, options=options, yields=yields, ends=ends
    )


def _plugin(
    table: Table, config: Config, sources: Sources, reads: Mapping[str, tuple[str, ...]]
) -> PluginPlan | Unusable:
    if faults := table.use_faults():
        return _unusable(table, {"config-error": faults})
    try:
        cls = registry.plugin(table.use)
    except PluginError as error:
        return _unusable(table, {"load-error": table.load_faults(error)})
    options, faults = convert(table.options(), cls.Options, table.key, table.folder)
    # With a wrong option the raw table is checked: the user sees all other faults, too.
    asked = table.values if options is None else msgspec.structs.asdict(options)
    unreadable = _source_faults(table, cls, asked, sources, reads)
    triggers, trigger_faults = _chain(table, "triggers", registry.TRIGGERS)
    filters, filter_faults = _chain(table, "filters", registry.FILTERS)
    manifest, model_faults = checks.model(table, cls, asked, config.models)
    trait_faults = checks.traits(cls, manifest, table.key) if manifest else []
    label_faults = checks.labels(manifest, asked, config.models, table.key) if manifest else []
    wrong: FaultsByFate = {
        "config-error": [*faults, *unreadable, *trigger_faults, *filter_faults, *label_faults],
        "model-error": [*model_faults, *trait_faults],
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


def _source_faults(
    table: Table,
    cls: type[Plugin[Any, Any]],
    asked: Mapping[str, Any],
    sources: Sources,
    reads: Mapping[str, tuple[str, ...]],
) -> list[Fault]:
    """Return the faults of the plugin's input: a source, or other plugins."""
    if cls.takes is Result:
        return list(checks.findings(table, asked, reads))
    yields = {
        name: source.yields if isinstance(source, SourcePlan) else None
        for name, source in sources.items()
    }
    return list(checks.source(table, cls, asked, yields))


def _unusable(table: Table, wrong: FaultsByFate) -> Unusable:
    return Unusable(
        name=table.name,
        # As much as the contract takes: one that is longer would keep all from being told.
        use=table.use[:LONGEST_TEXT],
        source=table.text("source")[:LONGEST_TEXT],
        model=table.text("model")[:LONGEST_TEXT],
        fate=next(fate for fate, some in wrong.items() if some),
        faults=tuple(fault for some in wrong.values() for fault in some),
    )


def _chain(table: Table, name: str, group: str) -> tuple[tuple[StagePlan, ...], list[Fault]]:
    """Return the valid triggers or filters of the table, and the faults of the others."""
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
    if faults := table.use_faults():
        return [], faults
    try:
        factory, kind = registry.factory(group, table.use)
    except PluginError as error:
        return [], table.load_faults(error)
    options, faults = convert(table.options(), kind, table.key, table.folder)
    if options is None:
        return [], faults
    return [StagePlan(name=table.use, options=options, factory=factory)], []


def reason(error: Exception) -> str:
    """Return one line that says why something cannot be made, whoever wrote it."""
    if isinstance(error, EdgenodeError):
        return str(error)
    return " ".join(f"cannot be made: {type(error).__name__}: {error}; ask its author".split())
