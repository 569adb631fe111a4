"""Describes in English what a type allows, for fault messages and ``edgenode plugins NAME``."""

from collections.abc import Iterable
from typing import Any

from msgspec import inspect

from edgenode.paths import CREDENTIAL, PATH

SIMPLE = {
    inspect.AnyType: "anything",
    inspect.BoolType: "true or false",
    inspect.NoneType: "nothing",
    inspect.DateTimeType: "a date and time",
    inspect.StructType: "a table",
}

PATTERN = "text that matches"

_END = r"\Z"
"""The very end of a text in a Python pattern; people and JSON Schema read a dollar."""

NOUNS = {"array", "integer", "number", "path", "table"}


def allowed(annotation: Any) -> str:  # noqa: ANN401 any annotation is meant
    """Return what *annotation* allows: ``an integer from 5 to 3600``, ``'cpu' or 'auto'``.

    Instead of a pattern it says what ``Meta(extra={"words": ...})`` says, or names the examples in
    ``Meta(examples=...)``; best there are both.
    """
    node = inspect.type_info(annotation)
    text = _text(node)
    examples = one_of(_about(node).get("examples", ()))
    if examples and text.startswith(PATTERN):
        return f"text like {examples}"
    return f"{text}, such as {examples}" if examples else text


def description(annotation: Any) -> str:  # noqa: ANN401 any annotation is meant
    """Return the ``Meta(description=...)`` of *annotation*, empty if there is none."""
    return str(_about(inspect.type_info(annotation)).get("description", ""))


def problem(annotation: Any, value: object) -> str:  # noqa: ANN401 any annotation is meant
    """Return what the rule of *annotation* says of a wrong *value*, empty if it says nothing."""
    node = inspect.type_info(annotation)
    explain = (node.extra or {}).get("problem") if isinstance(node, inspect.Metadata) else None
    return explain(value) if explain and isinstance(value, str) else ""


def _about(node: inspect.Type) -> dict[str, Any]:
    extra = node.extra_json_schema if isinstance(node, inspect.Metadata) else None
    return extra or {}


def one_of(choices: Iterable[object]) -> str:
    """Return the choices as a list: ``'a', 'b' or 'c'``."""
    *others, last = [repr(choice) for choice in choices] or [""]
    return f"{', '.join(others)} or {last}" if others else last


def _text(node: inspect.Type) -> str:
    match node:
        case inspect.Metadata():
            return _annotated(node)
        case inspect.UnionType():
            kinds = [kind for kind in node.types if not isinstance(kind, inspect.NoneType)]
            return " or ".join(map(_text, kinds))
        case inspect.LiteralType():
            return one_of(node.values)
        case inspect.IntType() | inspect.FloatType():
            kind = "an integer" if isinstance(node, inspect.IntType) else "a number"
            return kind + _range(node)
        case inspect.StrType():
            return _string(node)
        case _:
            return _rarer(node)


def _annotated(node: inspect.Metadata) -> str:
    if words := (node.extra or {}).get("words"):
        return str(words)
    return "a path" if _about(node).get("format") in (PATH, CREDENTIAL) else _text(node.type)


def _rarer(node: inspect.Type) -> str:
    match node:
        case inspect.ListType() | inspect.VarTupleType() | inspect.SetType():
            return f"an array of {_length(node)}{_several(node.item_type)}"
        case inspect.TupleType():
            return f"[{', '.join(_plain(item) for item in node.item_types)}]"
        case inspect.DictType():
            anything = isinstance(node.value_type, inspect.AnyType)
            return (
                "a table" if anything else f"a table of {_length(node)}{_several(node.value_type)}"
            )
        case inspect.EnumType():
            return one_of(member.value for member in node.cls)
        case inspect.DateTimeType(tz=True):
            return "a date and time with its offset from UTC"
        case _:
            return SIMPLE.get(type(node), "a value")


def _plain(node: inspect.Type) -> str:
    """Return the text without its article, as inside a list."""
    text = _text(node)
    return text.removeprefix("an ").removeprefix("a ")


def _several(node: inspect.Type) -> str:
    """Return the text in the plural: ``integers from 5 to 3600``."""
    noun, space, rest = _plain(node).partition(" ")
    return f"{noun}{'s' if noun in NOUNS else ''}{space}{rest}"


def _range(node: inspect.IntType | inspect.FloatType) -> str:
    if node.ge is not None and node.le is not None:
        return f" from {node.ge:g} to {node.le:g}"
    limits = (("above", node.gt), ("at least", node.ge), ("below", node.lt), ("at most", node.le))
    text = [f"{word} {limit:g}" for word, limit in limits if limit is not None]
    return f" {' and '.join(text)}" if text else ""


def _string(node: inspect.StrType) -> str:
    if node.pattern is not None:
        return f"{PATTERN} '{node.pattern.replace(_END, '$')}'"
    return f"text of {_length(node)}characters" if _length(node) else "text"


def _length(node: Any) -> str:  # noqa: ANN401 whatever has a length
    low, high = node.min_length, node.max_length
    if low is not None and low == high:
        return f"{low} "
    if low is not None and high is not None:
        return f"{low} to {high} "
    if low is not None:
        return f"at least {low} "
    return f"at most {high} " if high is not None else ""
