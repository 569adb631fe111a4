"""What sense is asked to run, as values: what can run, and what cannot with its faults."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from edgenode.catalogue.manifest import Manifest
from edgenode.config.faults import Fault
from edgenode.messages import Fate
from edgenode.plugin import Demand, Options, Plugin, PluginOptions, Sample, Source
from edgenode.sense.registry import Factory

NO_OPTIONS = Options()


@dataclass(frozen=True, kw_only=True)
class SourcePlan:
    """A table under ``[sources]`` that can be made.

    Attributes:
        yields: the kind of its samples.
        ends: its samples end by themselves, as those of a recording do.
    """

    name: str
    use: str
    cls: type[Source[Any]]
    options: Options = NO_OPTIONS
    yields: type[Sample]
    ends: bool = False

    def make(self, demand: Demand) -> Source[Any]:
        """Return the source; nothing is opened yet."""
        return self.cls(self.options, demand)


@dataclass(frozen=True, kw_only=True)
class StagePlan:
    """A trigger or filter and its options."""

    name: str
    options: Options
    factory: Factory

    def make(self) -> Any:  # noqa: ANN401 a trigger or a filter
        """Return a new one, which remembers nothing yet."""
        return self.factory(self.options)


@dataclass(frozen=True, kw_only=True)
class PluginPlan:
    """A table under ``[plugins]`` that can be made.

    Attributes:
        manifest: of its model, None for a plugin without one.
        store: the folder of pulled models, None for the usual one.
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
        """The name of its source, empty for one that reads findings."""
        return self.options.source

    @property
    def reads(self) -> tuple[str, ...]:
        """The names of the plugins whose findings it reads."""
        return self.options.sources

    @property
    def model(self) -> str:
        """The id of its model, empty for a plugin without one."""
        return self.options.model

    def same_model(self, other: "PluginPlan") -> bool:
        """Return whether an interpreter made for one serves the other."""
        return (self.manifest, self.store, self.options.device) == (
            other.manifest,
            other.store,
            other.options.device,
        )


@dataclass(frozen=True, kw_only=True)
class Unusable:
    """A table that cannot be made, with all that is wrong; names as far as the table says them."""

    name: str
    use: str = ""
    source: str = ""
    model: str = ""
    fate: Fate
    faults: tuple[Fault, ...]

    @property
    def error(self) -> str:
        """What is wrong, on one line."""
        return "; ".join(map(str, self.faults))


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Everything sense is asked to run, by name, and the configuration's digest."""

    sources: Mapping[str, SourcePlan | Unusable]
    plugins: Mapping[str, PluginPlan | Unusable]
    digest: str = ""

    def faults(self) -> list[Fault]:
        """Return all faults with their keys, each once; ``Config.line`` says them."""
        tables = [*self.sources.values(), *self.plugins.values()]
        # A plugin has the faults of its source, too.
        found = dict.fromkeys(
            fault for table in tables if isinstance(table, Unusable) for fault in table.faults
        )
        if not self.plugins:
            found[Fault(("plugins",), "nothing to run; add a table such as [plugins.people]")] = (
                None
            )
        return list(found)

    def source_of(self, plugin: str) -> SourcePlan | None:
        """Return the source that *plugin* names, None for none or one that cannot be made."""
        found = self.sources.get(self.plugins[plugin].source)
        return found if isinstance(found, SourcePlan) else None
