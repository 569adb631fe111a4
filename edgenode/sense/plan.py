"""What sense is asked to run, as values: what can run, and what cannot, with its faults."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from edgenode.catalogue.manifest import Manifest
from edgenode.config.faults import NOTHING_TO_RUN, Fault
from edgenode.messages import Fate
from edgenode.plugin import Demand, Options, Plugin, PluginOptions, Sample, Source
from edgenode.sense.registry import Factory

NO_OPTIONS = Options()


@dataclass(frozen=True, kw_only=True)
class SourcePlan:
    """A valid table under ``[sources]``.

    Attributes:
        yields: the kind of its samples.
        ends: its samples end, as those of a recording do.
    """

    name: str
    use: str
    cls: type[Source[Any]]
    options: Options = NO_OPTIONS
    yields: type[Sample]
    ends: bool = False

    def make(self, demand: Demand) -> Source[Any]:
        """Return a new source; it is not open yet."""
        return self.cls(self.options, demand)


@dataclass(frozen=True, kw_only=True)
class StagePlan:
    """A trigger or filter and its options."""

    name: str
    options: Options
    factory: Factory

    def make(self) -> Any:  # noqa: ANN401 a trigger or a filter
        """Return a new trigger or filter, without any state."""
        return self.factory(self.options)


@dataclass(frozen=True, kw_only=True)
class PluginPlan:
    """A valid table under ``[plugins]``.

    Attributes:
        manifest: of its model; None for a plugin without one.
        store: the folder of pulled models; None for the default one.
    """

    name: str
    use: str
    cls: type[Plugin[Any, Any]]
    options: PluginOptions
    triggers: tuple[StagePlan, ...] = ()
    filters: tuple[StagePlan, ...] = ()
    manifest: Manifest | None = None
    store: str | None = None

    @property
    def source(self) -> str:
        """The name of its source; empty for a plugin that reads findings."""
        return self.options.source

    @property
    def reads(self) -> tuple[str, ...]:
        """The names of the plugins whose findings it reads."""
        return self.options.sources

    @property
    def model(self) -> str:
        """The id of its model; empty for a plugin without one."""
        return self.options.model

    def same_model(self, other: "PluginPlan") -> bool:
        """Return whether both can use the same interpreter."""
        return (self.manifest, self.store, self.options.device) == (
            other.manifest,
            other.store,
            other.options.device,
        )


@dataclass(frozen=True, kw_only=True)
class Unusable:
    """A wrong table with all its faults. A name that the table does not contain is empty."""

    name: str
    use: str = ""
    source: str = ""
    model: str = ""
    fate: Fate
    faults: tuple[Fault, ...]

    @property
    def error(self) -> str:
        """All faults on one line."""
        return "; ".join(map(str, self.faults))


@dataclass(frozen=True, kw_only=True)
class Plan:
    """All sources and plugins by name, and the digest of the configuration."""

    sources: Mapping[str, SourcePlan | Unusable]
    plugins: Mapping[str, PluginPlan | Unusable]
    digest: str = ""

    def faults(self) -> list[Fault]:
        """Return every fault once, with its key; ``Config.line`` makes a line of it."""
        tables = [*self.sources.values(), *self.plugins.values()]
        # As keys, each only once: a plugin also has the faults of its source.
        found = dict.fromkeys(
            fault for table in tables if isinstance(table, Unusable) for fault in table.faults
        )
        if not self.plugins:
            found[Fault(("plugins",), NOTHING_TO_RUN)] = None
        return list(found)

    def source_of(self, plugin: str) -> SourcePlan | None:
        """Return the source of *plugin*; None if there is no such plugin, or no valid source."""
        named = self.plugins.get(plugin)
        found = self.sources.get(named.source) if named else None
        return found if isinstance(found, SourcePlan) else None
