"""Converts a table to a struct, and finds all faults in it at once."""

import contextlib
import math
import tomllib
import types
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias, TypeVar, get_args, get_origin

import msgspec

from edgenode.config.allowed import allowed, description
from edgenode.config.allowed import problem as said
from edgenode.config.faults import Fault, Key, is_secret, near, show
from edgenode.paths import problem as problem_of
from edgenode.paths import resolve

Annotation: TypeAlias = Any
"""The type of a field, as annotated."""

Value: TypeAlias = Any
"""What TOML may hold."""

StructT = TypeVar("StructT", bound=msgspec.Struct)


def convert(
    table: Mapping[str, Any], kind: type[StructT], where: Key = (), folder: Path = Path()
) -> tuple[StructT | None, list[Fault]]:
    """Return *table* as a *kind*, None if that is not possible, and all faults in it.

    *where* is the path of the table in the configuration, for the faults. Values of type
    ``FilePath`` are resolved relative to *folder*.
    """
    walk = _Walk(folder)
    values = walk.check(table, kind, where)
    return None if walk.faults else msgspec.convert(values, kind), walk.faults


class _Walk:
    """One walk over a table, which collects its ``faults``."""

    def __init__(self, folder: Path) -> None:
        self.faults: list[Fault] = []
        self._folder = folder

    def check(self, value: Value, annotation: Annotation, key: Key) -> Value:
        """Return *value* with its paths resolved; collect where it does not fit *annotation*."""
        before = len(self.faults)
        kind, form = _fitting(annotation, value)
        if _is_struct(kind):
            value = self._fields(value, kind, key)
        elif _origin(kind) is dict:
            value = self._entries(value, get_args(kind), key)
        elif _origin(kind) in (list, tuple):
            value = self._items(value, get_args(kind), key)
        elif form:
            value = self._path(value, form, key)
        # Inner faults are named already: msgspec would name the first of them once more.
        if len(self.faults) == before:
            self._verify(value, annotation, key)
        return value

    def _path(self, text: str, form: str, key: Key) -> str:
        path = resolve(form, self._folder, text) if text else ""
        if problem := problem_of(path):
            self._fault(key, problem, text)
        return path

    def _fields(
        self, table: Mapping[str, Any], kind: type[msgspec.Struct], key: Key
    ) -> dict[str, Value]:
        values = {}
        fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
        for name, value in table.items():
            # First: a secret under any name may be in no message, not even as an unknown key.
            if is_secret(name):
                self._fault((*key, name), _file_for(name, fields), value)
            elif name in fields:
                values[name] = self.check(value, fields[name].type, (*key, name))
            else:
                hint = near(name, fields) or f"; known are {', '.join(fields) or 'none'}"
                self._fault((*key, name), f"unknown key{hint}", value)
        for name, field in fields.items():
            if field.required and name not in table:
                self.faults.append(Fault((*key, name), _missing(field.type)))
        return values

    def _entries(
        self, table: Mapping[str, Any], kinds: tuple[Annotation, ...], key: Key
    ) -> dict[str, Value]:
        for name in table:
            try:
                msgspec.convert(name, kinds[0])
            except msgspec.ValidationError:
                problem = f"the name must be {allowed(kinds[0])}"
                self.faults.append(Fault((*key, name), problem))
        return {name: self.check(value, kinds[1], (*key, name)) for name, value in table.items()}

    def _items(self, values: list[Value], kinds: tuple[Annotation, ...], key: Key) -> list[Value]:
        alike = len(kinds) == 1 or Ellipsis in kinds
        # A fixed tuple of another length: ``_verify`` names the whole array as the fault.
        if not alike and len(values) != len(kinds):
            return values
        return [
            self.check(value, kinds[0] if alike else kinds[place], (*key, place))
            for place, value in enumerate(values)
        ]

    def _verify(self, value: Value, annotation: Annotation, key: Key) -> None:
        # TOML has nan and inf, and msgspec takes them for numbers; no option of ours means them.
        if isinstance(value, float) and not math.isfinite(value):
            self._fault(key, "must be a finite number", value)
            return
        try:
            msgspec.convert(value, annotation)
        except msgspec.ValidationError as error:
            # With a cause it is the rule of the struct itself (``__post_init__``).
            rule = str(error.__cause__ or "") or said(annotation, value)
            problem = rule or f"must be {allowed(annotation)}{_cure(value, annotation)}"
            self._fault(key, problem, value)
        except Exception as error:  # noqa: BLE001 the ``__post_init__`` of another author
            self._fault(key, f"{type(error).__name__}: {error}; tell its author", value)

    def _fault(self, key: Key, problem: str, value: Value) -> None:
        self.faults.append(Fault(key, problem, show(key, value)))


def _parts(annotation: Annotation) -> Iterator[tuple[Annotation, str]]:
    """Yield each type of a union without its ``Meta``, and its format if it is a path."""
    if _origin(annotation) is Annotated:
        bare, *metas = get_args(annotation)
        forms = [(meta.extra_json_schema or {}).get("format", "") for meta in metas]
        for part, form in _parts(bare):
            yield part, form or next(filter(None, forms), "")
    elif _origin(annotation) in (types.UnionType, typing.Union):
        for part in get_args(annotation):
            yield from _parts(part)
    else:
        yield annotation, ""


def _origin(annotation: Annotation) -> Annotation:
    # Called directly on Any, mypy takes the result for a ParamSpec.
    return get_origin(annotation)


def _fitting(annotation: Annotation, value: Value) -> tuple[Annotation, str]:
    """Return the one type in *annotation* that fits *value*, None unless there is exactly one."""
    found = [(part, form) for part, form in _parts(annotation) if _fits(part, value)]
    return found[0] if len(found) == 1 else (None, "")


def _fits(part: Annotation, value: Value) -> bool:
    if isinstance(value, Mapping):
        return _is_struct(part) or _origin(part) is dict
    if isinstance(value, list):
        return _origin(part) in (list, tuple)
    return part is str and isinstance(value, str)


def _choices(annotation: Annotation) -> list[str]:
    literals = [part for part, _ in _parts(annotation) if _origin(part) is Literal]
    return [name for part in literals for name in get_args(part) if isinstance(name, str)]


def _cure(value: Value, annotation: Annotation) -> str:
    """Return how *value* becomes right, as the end of a message; empty if that is not known."""
    for other, cure in _respelt(value):
        if _takes(annotation, other):
            return f"; {cure}"
    return near(value, _choices(annotation)) if isinstance(value, str) else ""


def _respelt(value: Value) -> Iterator[tuple[Value, str]]:
    """Yield what *value* would be with other quotes or brackets, and how to make it so."""
    if isinstance(value, str):
        with contextlib.suppress(tomllib.TOMLDecodeError):
            yield tomllib.loads(f"value = {value}")["value"], "remove the quotes"
    elif not isinstance(value, list | dict):
        yield str(value), "add quotes"
    yield [value], "add brackets"


def _takes(annotation: Annotation, value: Value) -> bool:
    try:
        msgspec.convert(value, annotation)
    except msgspec.ValidationError:
        return False
    return True


def _is_struct(kind: Annotation) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _missing(annotation: Annotation) -> str:
    about = description(annotation)
    return f"missing: {allowed(annotation)}" + (f", {about}" if about else "")


def _file_for(name: str, fields: Mapping[str, Any]) -> str:
    own = f"{name}_file"
    cure = f"name a file that holds it: {own}" if own in fields else "nothing here takes one"
    return f"a secret never stands in the configuration; {cure}"
