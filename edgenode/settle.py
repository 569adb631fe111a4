"""Checks a table against a struct and finds everything that is wrong with it at once."""

import math
import re
import types
import typing
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, TypeAlias, TypeVar, get_args, get_origin

import msgspec

from edgenode.paths import FilePath
from edgenode.words import description, words

Key: TypeAlias = tuple[str | int, ...]
StructT = TypeVar("StructT", bound=msgspec.Struct)

SECRETS = ("password", "passwd", "passphrase", "secret", "token", "api_key", "private_key", "pwd")
"""Keys, alone or after an underscore, that may not stand in a configuration."""


class Fault(msgspec.Struct, frozen=True):
    """One thing that is wrong: where, with which value, and what would be right.

    Attributes:
        key: the path of the key; numbers count from 0 in an array.
        says: what is wrong, and the cure.
        value: the value as shown to people (see ``show``), empty where there is none.
    """

    key: Key
    says: str
    value: str = ""

    def __str__(self) -> str:
        """Return ``KEY.PATH = VALUE: what is wrong``."""
        equals = f" = {self.value}" if self.value else ""
        return f"{spell(self.key)}{equals}: {self.says}"


def settle(
    table: Mapping[str, Any], kind: type[StructT], where: Key = (), folder: Path = Path()
) -> tuple[StructT | None, list[Fault]]:
    """Return *table* as a *kind*, or None, and every fault in it.

    *where* is the table's own path in the configuration; relative ``FilePath`` values are taken to
    be under *folder*.
    """
    walk = _Walk(folder)
    value: StructT | None = walk.check(table, kind, where)
    return value, walk.faults


def spell(key: Key) -> str:
    """Return a key's path as people write it: ``plugins.people.zones.door.polygon[0]``."""
    text = ""
    for part in key:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            name = part if re.fullmatch(r"[A-Za-z0-9_-]+", part) else repr(part)
            text += f".{name}" if text else name
    return text


def show(key: Key, value: object) -> str:
    """Return *value* as a message may show it: short, and never a secret."""
    if _looks_secret(_last(key)):
        return "(hidden)"
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        return "an array"
    text = repr(value) if isinstance(value, str | int | float | list) else str(value)
    text = re.sub(r"//.*@", "//(hidden)@", text)
    return text if len(text) <= 80 else f"{text[:77]}..."  # noqa: PLR2004 a line's worth


def near(name: str, names: typing.Iterable[str]) -> str:
    """Return ``; did you mean 'X'?`` for the nearest of *names*, or nothing."""
    found = get_close_matches(name, list(names), n=1)
    return f"; did you mean {found[0]!r}?" if found else ""


class _Walk:
    """One walk over a table; ``faults`` grows on the way."""

    def __init__(self, folder: Path) -> None:
        self.faults: list[Fault] = []
        self._folder = folder

    def check(self, value: Any, annotation: Any, key: Key) -> Any:  # noqa: ANN401 a TOML value
        """Return *value* as *annotation* asks, None (and at least one fault) if it cannot be."""
        before = len(self.faults)
        kind = _bare(annotation)
        if isinstance(value, Mapping) and _is_struct(kind):
            self._fields(value, kind, key)
        elif isinstance(value, Mapping) and get_origin(kind) is dict:
            self._entries(value, get_args(kind), key)
        elif isinstance(value, list) and get_origin(kind) in (list, tuple):
            self._items(value, get_args(kind), key)
        if len(self.faults) > before:
            return None
        return self._convert(value, annotation, key)

    def _fields(self, table: Mapping[str, Any], kind: type[msgspec.Struct], key: Key) -> None:
        fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
        for name, value in table.items():
            if _is_secret(name):
                self._fault((*key, name), _cure(name, fields), value)
            elif name in fields:
                self.check(value, fields[name].type, (*key, name))
            else:
                hint = near(name, fields) or f"; known are {', '.join(fields) or 'none'}"
                self._fault((*key, name), f"unknown key{hint}", value)
        for name, field in fields.items():
            if field.required and name not in table:
                self.faults.append(Fault((*key, name), _missing(field.type)))

    def _entries(self, table: Mapping[str, Any], kinds: tuple[Any, Any], key: Key) -> None:
        for name, value in table.items():
            try:
                msgspec.convert(name, kinds[0])
            except msgspec.ValidationError:
                says = f"the name must be {words(kinds[0])}"
                self.faults.append(Fault((*key, name), says))
            self.check(value, kinds[1], (*key, name))

    def _items(self, values: list[Any], kinds: tuple[Any, ...], key: Key) -> None:
        alike = len(kinds) == 1 or Ellipsis in kinds
        if not alike and len(values) != len(kinds):
            return
        for place, value in enumerate(values):
            self.check(value, kinds[0] if alike else kinds[place], (*key, place))

    def _convert(self, value: Any, annotation: Any, key: Key) -> Any:  # noqa: ANN401 a TOML value
        if isinstance(value, float) and not math.isfinite(value):
            return self._fault(key, "must be a finite number", value)
        try:
            return msgspec.convert(value, annotation, dec_hook=self._hook)
        except msgspec.ValidationError as error:
            if _is_struct(_bare(annotation)) and error.__cause__ is not None:
                return self._fault(key, str(error.__cause__), value)
            choices = [choice for choice in get_args(_bare(annotation)) if isinstance(choice, str)]
            hint = near(value, choices) if isinstance(value, str) else ""
            return self._fault(key, f"must be {words(annotation)}{hint}", value)

    def _hook(self, kind: type, value: object) -> object:
        if issubclass(kind, FilePath) and isinstance(value, str):
            return kind.beside(self._folder, value)
        raise TypeError(f"not {kind.__name__}")

    def _fault(self, key: Key, says: str, value: object) -> None:
        self.faults.append(Fault(key, says, show(key, value)))


def _bare(annotation: Any) -> Any:  # noqa: ANN401 any annotation is meant
    """Return the annotation without ``Annotated`` and ``| None``."""
    if get_origin(annotation) is Annotated:
        return _bare(get_args(annotation)[0])
    if get_origin(annotation) in (types.UnionType, typing.Union):
        kinds = [kind for kind in get_args(annotation) if kind is not types.NoneType]
        return _bare(kinds[0]) if len(kinds) == 1 else annotation
    return annotation


def _missing(annotation: Any) -> str:  # noqa: ANN401 any annotation is meant
    about = description(annotation)
    return f"missing: {words(annotation)}" + (f", {about}" if about else "")


def _is_struct(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _last(key: Key) -> str:
    names = [part for part in key if isinstance(part, str)]
    return names[-1].lower().replace("-", "_") if names else ""


def _is_secret(name: str) -> bool:
    name = _last((name,))
    return any(name == secret or name.endswith(f"_{secret}") for secret in SECRETS)


def _looks_secret(name: str) -> bool:
    """Tell whether *name* is a secret's, or a misspelt one's."""
    if name.endswith("_file"):
        return False
    alike = get_close_matches(name, SECRETS, n=1, cutoff=0.75)
    return bool(alike) or any(secret in name for secret in SECRETS)


def _cure(name: str, fields: Mapping[str, Any]) -> str:
    own = f"{name}_file"
    cure = f"name a file that holds it: {own}" if own in fields else "nothing here takes one"
    return f"a secret never stands in the configuration; {cure}"
