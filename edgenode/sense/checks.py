"""Checks that the tables of a configuration fit together: plugin, source, model and labels."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgenode.catalogue import manifest
from edgenode.catalogue.manifest import FILE, Manifest
from edgenode.catalogue.store import Store
from edgenode.config import Models
from edgenode.config.convert import convert
from edgenode.config.faults import Fault, Key, near, show
from edgenode.errors import ModelError, PluginError
from edgenode.plugin import Plugin, Sample


@dataclass(frozen=True)
class Table:
    """A table of the configuration: its key and values, and the folder of its relative paths."""

    name: str
    key: Key
    values: Mapping[str, Any]
    folder: Path

    @property
    def use(self) -> str:
        """The name of the entry point; empty if it is missing or not text."""
        return self.text("use")

    def text(self, key: str) -> str:
        """Return the text under *key*; empty if it is missing or not text."""
        value = self.values.get(key, "")
        return value if isinstance(value, str) else ""

    def absent(self, name: str, what: str) -> Fault:
        """Return the fault that *name* is missing or empty; *what* says what it should be."""
        key = (*self.key, name)
        if name in self.values:
            return Fault(key, f"is empty: {what}", show(key, self.values[name]))
        return Fault(key, f"missing: {what}")

    def use_faults(self) -> list[Fault]:
        """Return a fault if ``use`` is missing or not text."""
        if self.use:
            return []
        value = self.values.get("use", "")
        if value == "":
            return [self.absent("use", "the name of what it is, see `edgenode plugins`")]
        key = (*self.key, "use")
        return [_fault(key, value, "must be a name in quotes, see `edgenode plugins`")]

    def load_faults(self, error: PluginError) -> list[Fault]:
        """Return the fault for an entry point that does not exist or does not load."""
        return [Fault((*self.key, "use"), str(error), repr(self.use))]

    def options(self) -> dict[str, Any]:
        """Return the values without ``use``."""
        return {name: value for name, value in self.values.items() if name != "use"}


def source(
    table: Table,
    cls: type[Plugin[Any, Any]],
    asked: Mapping[str, Any],
    yields: Mapping[str, type[Sample] | None],
) -> Iterator[Fault]:
    """Yield a fault if the plugin's source does not exist or does not yield what the plugin takes.

    *yields* has the kind of samples of every source, None for a source with a fault of its own.
    """
    if asked.get("sources"):
        fault = f"this plugin takes {cls.takes.title}, no findings; name one source"
        yield _fault((*table.key, "sources"), table.values["sources"], fault)
    name = asked.get("source", "")
    if not isinstance(name, str):
        return
    key = (*table.key, "source")
    able = [one for one, kind in yields.items() if kind is None or issubclass(kind, cls.takes)]
    if not name:
        yield table.absent("source", "text, name of a table under [sources]")
    elif name not in yields:
        hint = near(name, able) or f"; add the table [sources.{name}]"
        yield _fault(key, name, f"no such source{hint}")
    elif (found := yields[name]) is not None and name not in able:
        fitting = [other for other in able if yields[other]]
        cure = f"; of that kind: {', '.join(fitting)}" if fitting else "; add such a source"
        fault = f"yields {found.title}, but this plugin takes {cls.takes.title}{cure}"
        yield _fault(key, name, fault)


def reads(table: Table) -> tuple[str, ...]:
    """Return the names of the plugins in ``sources``; what is not text is left out."""
    named = table.values.get("sources")
    return tuple(name for name in named if isinstance(name, str)) if isinstance(named, list) else ()


def findings(
    table: Table, asked: Mapping[str, Any], reading: Mapping[str, tuple[str, ...]]
) -> Iterator[Fault]:
    """Yield the faults of a plugin that reads others: one is missing, or they read in a circle.

    *reading* has every plugin by name, with the names of those that it reads.
    """
    if asked.get("source"):
        fault = "this plugin reads findings; name plugins with `sources`"
        yield _fault((*table.key, "source"), asked["source"], fault)
    # Those that it may read: none that reads it.
    others = [name for name in reading if not _path(name, table.name, reading)]
    key = (*table.key, "sources")
    if not asked.get("sources"):
        example = f", such as {json.dumps(others[:2])}" if others else "; there is none, add one"
        what = f"the names of the plugins whose findings it reads{example}"
        yield table.absent("sources", what)
    for place, name in enumerate(reads(table)):
        if name == table.name:
            yield _fault((*key, place), name, "a plugin cannot read itself; remove it")
        elif name not in reading:
            hint = near(name, others) or f"; there are {', '.join(others) or 'none'}"
            yield _fault((*key, place), name, f"no such plugin{hint}")
        elif way := _path(name, table.name, reading):
            yield _circle((table.name, *way[:-1]), reading)


def _circle(names: tuple[str, ...], reading: Mapping[str, tuple[str, ...]]) -> Fault:
    """Return the fault of plugins that read each other: the same one for each of them."""
    start = names.index(min(names))
    first, second, *others = (*names[start:], *names[:start])
    key = ("plugins", first, "sources", reading[first].index(second))
    way = " reads ".join((first, second, *others, first))
    return _fault(key, second, f"reads in a circle ({way}); remove one of them")


def _path(start: str, goal: str, reading: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return the plugins from *start* to *goal*, each of which reads the next; empty: no path."""
    ways: dict[str, tuple[str, ...]] = {start: (start,)}
    # Breadth first: each plugin is visited once, however many ways lead to it.
    waiting = [start]
    for name in waiting:
        if name == goal:
            return ways[name]
        for read in reading.get(name, ()):
            if read not in ways:
                ways[read] = (*ways[name], read)
                waiting.append(read)
    return ()


def model(
    table: Table, cls: type[Plugin[Any, Any]], asked: Mapping[str, Any], models: Models
) -> tuple[Manifest | None, list[Fault]]:
    """Return the manifest of the plugin's model, or None, and the faults."""
    key = (*table.key, "model")
    name = asked.get("model", "")
    if not isinstance(name, str):
        return None, []
    if cls.task is None:
        return None, [_fault(key, name, "this plugin has no model; remove the key")] if name else []
    if not name:
        return None, [table.absent("model", f"a model for {cls.task}, see `edgenode models list`")]
    try:
        folders = [folder for folder in models.folders if Path(folder).is_dir()]
        found = manifest.find(name, folders, cls.task)
    except ModelError as error:
        return None, [_fault(key, name, str(error))]
    if found.task != cls.task:
        fault = f"is for {found.task}, but this plugin needs one for {cls.task}"
        return None, [_fault(key, name, f"{fault}; see `edgenode models list`")]
    return found, _placed(found, str(asked.get("device", "auto")), key)


def _placed(found: Manifest, device: str, key: Key) -> list[Fault]:
    try:
        found.kind_for(device)
    except ModelError as error:
        return [_fault(key, found.id, str(error))]
    return []


def traits(cls: type[Plugin[Any, Any]], found: Manifest, key: Key) -> list[Fault]:
    """Return the faults in the manifest's ``[traits]``, if the class declares ``Traits``."""
    if cls.Traits is None:
        return []
    _, faults = convert(found.traits, cls.Traits, ("traits",), found.folder)
    file = found.folder / FILE
    return [_fault((*key, "model"), found.id, f"{file}: {fault}") for fault in faults]


def labels(found: Manifest, asked: Mapping[str, object], models: Models, key: Key) -> list[Fault]:
    """Return a fault for each label in ``labels`` or ``threshold`` that the model lacks."""
    known = _labels(found, models)
    if not known:
        return []
    wanted: list[tuple[Key, object]] = []
    listed, limits = asked.get("labels"), asked.get("threshold")
    if isinstance(listed, list | tuple):
        wanted += [((*key, "labels", place), label) for place, label in enumerate(listed)]
    if isinstance(limits, dict):
        wanted += [((*key, "threshold", label), label) for label in limits if label != "default"]
    return [
        _fault(path, label, f"no label of model {found.id!r}{near(label, known)}")
        for path, label in wanted
        if isinstance(label, str) and label not in known
    ]


def _labels(found: Manifest, models: Models) -> tuple[str, ...]:
    """Return the model's labels; none if their file is missing: loading tells that."""
    try:
        return Store.at(models.store).labels(found)
    except ModelError:
        return ()


def _fault(key: Key, value: object, what: str) -> Fault:
    return Fault(key, what, show(key, value))
