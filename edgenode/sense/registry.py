"""Finds sources, plugins, triggers and filters by entry point; loads only those that are used."""

import inspect
from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from typing import Any, TypeAlias, TypeVar, get_type_hints

import msgspec

from edgenode import plugin as contract
from edgenode.config.faults import near
from edgenode.errors import PluginError

SOURCES = "edgenode.sources"
PLUGINS = "edgenode.plugins"
TRIGGERS = "edgenode.triggers"
FILTERS = "edgenode.filters"
KINDS = {SOURCES: "source", PLUGINS: "plugin", TRIGGERS: "trigger", FILTERS: "filter"}

Factory: TypeAlias = Callable[[Any], Any]
"""Makes a trigger or a filter from its options."""

ClassT = TypeVar("ClassT", contract.Source[Any], contract.Plugin[Any, Any])


def names(group: str) -> tuple[str, ...]:
    """Return the names installed in *group*, sorted."""
    return tuple(sorted(entry_points(group=group).names))


def source(name: str) -> type[contract.Source[Any]]:
    """Return the class; raise ``PluginError`` if it is unknown, does not load or is no source."""
    return _class(SOURCES, name, contract.Source)  # type: ignore[type-abstract]


def plugin(name: str) -> type[contract.Plugin[Any, Any]]:
    """Return the class; raise ``PluginError`` if it is unknown, does not load or is no plugin."""
    return _class(PLUGINS, name, contract.Plugin)  # type: ignore[type-abstract]


def factory(group: str, name: str) -> tuple[Factory, type[contract.Options]]:
    """Return the factory of the trigger or filter *name*, and the struct of its options.

    Raise ``PluginError`` if it is unknown, does not load or is not such a factory.
    """
    entry = find(group, name)
    found = _load(entry)
    if inspect.isclass(found) or not callable(found):
        raise _wrong(entry, f"not a function that makes a {KINDS[group]}")
    try:
        options = get_type_hints(found).get("options")
    except (NameError, TypeError) as error:
        raise _wrong(entry, f"annotated with what cannot be found ({error})") from error
    if not (inspect.isclass(options) and issubclass(options, contract.Options)):
        raise _wrong(entry, "without a parameter 'options' annotated with an Options struct")
    return found, _usable(entry, options)


def options(group: str, name: str) -> type[contract.Options]:
    """Return the struct of the options of *name*; raise ``PluginError`` as above."""
    if group in (TRIGGERS, FILTERS):
        return factory(group, name)[1]
    return (source(name) if group == SOURCES else plugin(name)).Options


def required(group: str, name: str) -> tuple[str, ...]:
    """Return the options that *name* needs, in addition to the required fields of its struct."""
    if group != PLUGINS:
        return ()
    found = plugin(name)
    needed = "sources" if found.takes is contract.Result else "source"
    return (needed, "model") if found.task else (needed,)


def refused(group: str, name: str) -> tuple[str, ...]:
    """Return the options that every plugin has and *name* refuses."""
    inputs = {"source", "sources", "model"} if group == PLUGINS else set()
    return tuple(sorted(inputs.difference(required(group, name))))


def summary(group: str, name: str) -> str:
    """Return what *name* is: the first line of the docstring of its class or factory."""
    load = {SOURCES: source, PLUGINS: plugin}
    found = load[group](name) if group in load else factory(group, name)[0]
    return (inspect.getdoc(found) or "").partition("\n")[0].replace("``", "")


def find(group: str, name: str) -> EntryPoint:
    """Return the entry point; raise ``PluginError`` if there is none, or more than one."""
    found = {(origin(entry), entry.value): entry for entry in entry_points(group=group, name=name)}
    if not found:
        hint = near(name, names(group)) or "; see `edgenode plugins`"
        raise PluginError(f"no {KINDS[group]} {name!r} is installed{hint}")
    if len(found) > 1:
        claims = " and ".join(sorted(distribution for distribution, _ in found))
        raise PluginError(f"{KINDS[group]} {name!r} is claimed by {claims}; uninstall one of them")
    return next(iter(found.values()))


def origin(entry: EntryPoint) -> str:
    """Return the name and version of the distribution that has the entry point."""
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist else "an unknown distribution"


def _class(group: str, name: str, kind: type[ClassT]) -> type[ClassT]:
    entry = find(group, name)
    found = _load(entry)
    if not (inspect.isclass(found) and issubclass(found, kind)):
        raise _wrong(entry, f"not a subclass of edgenode.plugin.{kind.__name__}")
    base = contract.PluginOptions if group == PLUGINS else contract.Options
    if not (inspect.isclass(found.Options) and issubclass(found.Options, base)):
        raise _wrong(entry, f"its Options do not extend edgenode.plugin.{base.__name__}")
    if inspect.isabstract(found):
        missing = ", ".join(sorted(found.__abstractmethods__))
        raise _wrong(entry, f"without {missing}")
    # Not checked for sources: what a source yields may depend on its options, see `planning`.
    if group == PLUGINS and not hasattr(found, "takes"):
        raise _wrong(entry, "without 'takes': Frame, Audio or Result")
    _usable(entry, found.Options)
    if issubclass(found, contract.Plugin) and found.Traits is not None:
        _usable(entry, found.Traits)
    return found


def _load(entry: EntryPoint) -> Any:  # noqa: ANN401 an object of another author
    try:
        return entry.load()
    except Exception as error:
        raise PluginError(
            f"{_title(entry)} of {origin(entry)} does not load: {_reason(error)}; {_cure(error)}"
        ) from error


def _usable(entry: EntryPoint, options: type[contract.Options]) -> type[contract.Options]:
    """Return *options*; raise ``PluginError`` if msgspec does not support a type in it.

    msgspec itself would notice only when it decodes the first table.
    """
    try:
        msgspec.inspect.type_info(options)
    except (TypeError, NameError) as error:
        raise _wrong(entry, f"its options cannot be used ({error})") from error
    return options


def _wrong(entry: EntryPoint, what: str) -> PluginError:
    return PluginError(
        f"{_title(entry)} of {origin(entry)} is {entry.value!r}: {what}; ask its author"
    )


def _title(entry: EntryPoint) -> str:
    return f"{KINDS[entry.group]} {entry.name!r}"


def _reason(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())


def _cure(error: Exception) -> str:
    if isinstance(error, ModuleNotFoundError) and error.name:
        return f"install the package that has the module {error.name!r}"
    return "update or uninstall it"
