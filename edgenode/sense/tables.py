"""One raw table of the configuration that names with ``use`` what it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgenode.config.faults import Fault, Key, show
from edgenode.errors import PluginError


@dataclass(frozen=True)
class Table:
    """Where a table stands, what stands in it, and the folder its paths are beside."""

    name: str
    key: Key
    values: Mapping[str, Any]
    folder: Path

    @property
    def use(self) -> str:
        """The entry point's name, empty where there is none."""
        return self.text("use")

    def text(self, key: str) -> str:
        """Return the text under *key*, empty where there is none."""
        value = self.values.get(key, "")
        return value if isinstance(value, str) else ""

    def unusable(self) -> list[Fault]:
        """Tell that ``use`` is missing or no text."""
        key = (*self.key, "use")
        if "use" not in self.values:
            return [Fault(key, "missing: the name of what it is, see `edgenode plugins`")]
        if not self.use:
            return [Fault(key, "must be a name", show(key, self.values["use"]))]
        return []

    def strange(self, error: PluginError) -> list[Fault]:
        """Tell that what ``use`` names cannot be had."""
        return [Fault((*self.key, "use"), str(error), repr(self.use))]

    def options(self) -> dict[str, Any]:
        """Return the table without ``use``."""
        return {name: value for name, value in self.values.items() if name != "use"}
