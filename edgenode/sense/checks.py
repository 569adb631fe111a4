"""What the tables of a configuration must be to each other: plugin, source, model and labels."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from edgenode.catalogue import manifest
from edgenode.catalogue.manifest import FILE, Manifest
from edgenode.catalogue.store import Store
from edgenode.config import Models
from edgenode.config.faults import Fault, Key, near, show
from edgenode.config.settle import settle
from edgenode.errors import ModelError
from edgenode.plugin import Plugin, Sample


def source(
    cls: type[Plugin[Any, Any]], name: object, yields: Mapping[str, type[Sample] | None], key: Key
) -> Iterator[Fault]:
    """Tell whether the plugin's source is there and yields what it takes.

    *yields* has every source by name, None for one that has a fault of its own.
    """
    if not isinstance(name, str):
        return
    if name not in yields:
        hint = near(name, yields) or f"; add the table [sources.{name}]"
        yield _fault((*key, "source"), name, f"no such source{hint}")
        return
    found = yields[name]
    if found is not None and not issubclass(found, cls.takes):
        fitting = [other for other, kind in yields.items() if kind and issubclass(kind, cls.takes)]
        cure = f"; of that kind: {', '.join(fitting)}" if fitting else "; add such a source"
        says = f"yields {found.title}, but this plugin takes {cls.takes.title}{cure}"
        yield _fault((*key, "source"), name, says)


def model(
    cls: type[Plugin[Any, Any]], asked: Mapping[str, Any], models: Models, key: Key
) -> tuple[Manifest | None, list[Fault]]:
    """Return the manifest of the plugin's model, None where there is none, and what is wrong."""
    key = (*key, "model")
    name = asked.get("model", "")
    if not isinstance(name, str):
        return None, []
    if cls.task is None:
        return None, [_fault(key, name, "this plugin has no model; remove the key")] if name else []
    if not name:
        says = f"missing: a model for {cls.task}, see `edgenode models list`"
        return None, [Fault(key, says)]
    try:
        found = manifest.find(name, [folder for folder in models.folders if Path(folder).is_dir()])
    except ModelError as error:
        return None, [_fault(key, name, str(error))]
    if found.task != cls.task:
        says = f"is for {found.task}, but this plugin needs one for {cls.task}"
        return None, [_fault(key, name, f"{says}; see `edgenode models list`")]
    return found, _placed(found, str(asked.get("device", "auto")), key)


def _placed(found: Manifest, device: str, key: Key) -> list[Fault]:
    try:
        found.kind_for(device)
    except ModelError as error:
        return [_fault(key, found.id, str(error))]
    return []


def traits(cls: type[Plugin[Any, Any]], found: Manifest, key: Key) -> list[Fault]:
    """Tell what is wrong with the manifest's ``[traits]`` for a plugin that has them typed."""
    if cls.Traits is None:
        return []
    _, faults = settle(found.traits, cls.Traits, ("traits",), found.folder)
    file = found.folder / FILE
    return [_fault((*key, "model"), found.id, f"{file}: {fault}") for fault in faults]


def labels(found: Manifest, asked: Mapping[str, object], models: Models, key: Key) -> list[Fault]:
    """Tell which labels in the options ``labels`` and ``threshold`` the model does not have."""
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
    """Return the model's labels, none while their file is not there: the pipeline will say so."""
    try:
        return Store.at(models.store).labels(found)
    except ModelError:
        return ()


def _fault(key: Key, value: object, says: str) -> Fault:
    return Fault(key, says, show(key, value))
