"""The layout of the messages in the codec ``msgpack``, derived from the types of their fields.

A message is an array of its fields, in their order and without names. A new field is only ever
added at the end.

* ``Fraction``: an integer from 0 to 10000.
* ``Amount``: an integer, in tenths.
* ``Label``: the class id if it is a label of the model, otherwise the text.
* ``ModelId``: nil if it is the model of the plugin in meta, otherwise the text.
* ``Counts``: nothing; the consumer counts.
* A fixed tuple of fractions: its numbers, in the array of the struct that holds it.
* A struct: an array. A tuple or a table: an array or a map of its items.
* Anything else: unchanged.

The rules return Python source, which is compiled once per kind of message. Rules that are called
for each field of each message would take twice the time.
"""

from collections.abc import Callable, Sequence
from types import NoneType
from typing import Annotated, Any, NamedTuple, TypeAlias, get_args, get_origin

import msgspec
from msgspec import NODEFAULT, Meta
from msgspec.structs import FieldInfo

from edgenode.messages.class_ids import NO_IDS, ClassIds
from edgenode.messages.kinds import recount
from edgenode.messages.terms import Amount, Count, Counts, Fraction, Label, ModelId, Text

WHOLE = 10_000
"""The integer for 1.0."""

Part: TypeAlias = Annotated[int, Meta(ge=0, le=WHOLE)]
Shape: TypeAlias = Any
"""A type annotation."""

Value: TypeAlias = Any
Source: TypeAlias = str
"""A Python expression."""


class Packing(NamedTuple):
    """How values of one type are packed.

    A value takes one place in the array of its struct, or several, or none.

    Attributes:
        shapes: the type of each place.
        write: returns the expression for the items at these places, given that of the value.
        read: returns the expression for the value, given those of the items.
    """

    shapes: tuple[Shape, ...]
    write: Callable[[Source], Source]
    read: Callable[..., Source]


_RULES: list[tuple[Shape, Packing]] = [
    (Fraction, Packing((Part,), lambda v: f"round({v} * {WHOLE})", lambda p: f"{p} / {WHOLE}")),
    (Amount, Packing((Count,), lambda v: f"round({v} * 10)", lambda p: f"{p} / 10")),
    (Label, Packing((Count | Label,), lambda v: f"ids.of({v})", lambda p: f"ids.label({p})")),
    (
        ModelId,
        Packing(
            (Text | None,),
            lambda v: f"None if {v} == ids.model else {v}",
            lambda p: f"ids.model if {p} is None else {p}",
        ),
    ),
    (Counts, Packing((), lambda _: "", lambda: "")),
]


def packing(annotation: Shape) -> Packing:
    """Return how values of the type *annotation* are packed."""
    # By equality of the whole annotation: an Amount and a Fraction differ only in their Meta.
    for known, how in _RULES:
        if annotation == known:
            return how
    origin: Shape = get_origin(annotation)
    bare, *bounds = get_args(annotation) if origin is Annotated else (annotation,)
    if isinstance(bare, type) and issubclass(bare, msgspec.Struct):
        return _struct(bare)
    parts: tuple[Shape, ...] = get_args(bare)
    inner = [packing(one) for one in parts if one not in (..., NoneType)]
    if all(one.write is _same for one in inner):
        return Packing((annotation,), _same, _same)
    return _composed(bare, inner, bounds)


def _same(source: Source) -> Source:
    return source


def _composed(bare: Shape, inner: list[Packing], bounds: Sequence[Meta]) -> Packing:
    """Return how a tuple, table or optional is packed if its items are packed in another form."""
    origin: Shape = get_origin(bare)
    parts: tuple[Shape, ...] = get_args(bare)
    if origin is dict:
        return _table(*inner)
    if origin is tuple and parts[-1] is ...:
        return _row(inner[0], bounds)
    if origin is tuple and set(parts) == {Fraction}:
        return _fractions(len(parts))
    if parts[1:] == (NoneType,):
        return _optional(inner[0])
    raise TypeError(f"no rule says how {bare} is packed")


def _optional(inner: Packing) -> Packing:
    return Packing(
        (inner.shapes[0] | None,),
        lambda v: f"None if {v} is None else {inner.write(v)}",
        lambda p: f"None if {p} is None else {inner.read(p)}",
    )


def _fractions(many: int) -> Packing:
    return Packing(
        (Part,) * many,
        lambda v: f"*[round(number * {WHOLE}) for number in {v}]",
        lambda *places: f"({', '.join(f'{place} / {WHOLE}' for place in places)},)",
    )


def _table(key: Packing, value: Packing) -> Packing:
    def entries(key: Source, value: Source, table: Source) -> Source:
        return f"{{{key}: {value} for key, value in {table}.items()}}"

    return Packing(
        (dict.__class_getitem__((key.shapes[0], value.shapes[0])),),
        lambda v: entries(key.write("key"), value.write("value"), v),
        lambda p: entries(key.read("key"), value.read("value"), p),
    )


def _row(item: Packing, bounds: Sequence[Meta]) -> Packing:
    if len(item.shapes) > 1:
        return _numbers_in_a_row(item, bounds)
    return Packing(
        (_bounded(item, bounds),),
        lambda v: f"[{item.write('item')} for item in {v}]",
        lambda p: f"tuple([{item.read('item')} for item in {p}])",
    )


def _numbers_in_a_row(item: Packing, bounds: Sequence[Meta]) -> Packing:
    names = [f"number{place}" for place in range(len(item.shapes))]

    def read(row: Source) -> Source:
        columns = ", ".join(f"{row}[{place}::{len(names)}]" for place in range(len(names)))
        return f"tuple([{item.read(*names)} for {', '.join(names)} in zip({columns})])"

    return Packing(
        (_bounded(item, bounds),),
        lambda v: f"[round(number * {WHOLE}) for item in {v} for number in item]",
        read,
    )


def _bounded(item: Packing, bounds: Sequence[Meta]) -> Shape:
    """Return the type of a tuple of such items, with *bounds* counted in places."""
    # Bounds are of items, and an item may take several places.
    width = len(item.shapes)
    shape: Shape = tuple.__class_getitem__((item.shapes[0], ...))
    for bound in bounds:
        low, high = bound.min_length, bound.max_length
        longer = Meta(min_length=low and low * width, max_length=high and high * width)
        shape = Annotated[shape, longer]
    return shape


def _struct(kind: type[msgspec.Struct]) -> Packing:
    fields = [(field, packing(field.type)) for field in msgspec.structs.fields(kind)]
    # The compiled source names the structs, in one namespace.
    if _NAMES.setdefault(kind.__name__, kind) is not kind:
        raise TypeError(f"two structs are named {kind.__name__!r}")

    def write(value: Source) -> Source:
        places = (how.write(f"{value}.{field.name}") for field, how in fields if how.shapes)
        return f"[{', '.join(places)}]"

    def read(packed: Source) -> Source:
        values = ", ".join(
            f"{field.name}={how.read(*(f'{packed}.{name}' for name in _names(field, how)))}"
            for field, how in fields
            if how.shapes
        )
        for field, how in fields:
            if not how.shapes:
                return f"_counted({kind.__name__}, {field.name!r}, dict({values}))"
        return f"{kind.__name__}({values})"

    return Packing((_shape(kind, fields),), write, read)


def _names(field: FieldInfo, how: Packing) -> list[str]:
    return [f"{field.name}{place or ''}" for place in range(len(how.shapes))]


def _shape(kind: type[msgspec.Struct], fields: list[tuple[FieldInfo, Packing]]) -> Shape:
    places: list[tuple[str, Shape, Value]] = []
    for field, how in fields:
        defaults = _defaults(field, how)
        places += zip(_names(field, how), how.shapes, defaults, strict=True)
    return msgspec.defstruct(
        f"Packed{kind.__name__}", places, frozen=True, kw_only=True, array_like=True
    )


def _defaults(field: FieldInfo, how: Packing) -> list[Value]:
    """Return the packed default of *field*, an item for each of its places."""
    if field.required:
        return [NODEFAULT] * len(how.shapes)
    factory = field.default_factory
    default = field.default if factory is NODEFAULT else factory()
    defaults: list[Value] = _compiled(f"[{how.write('value')}]")(default, NO_IDS)
    return defaults


def _counted(kind: type[msgspec.Struct], counts: str, fields: dict[str, Value]) -> Value:
    return kind(**fields, **{counts: recount(fields)})


_NAMES: dict[str, Value] = {"_counted": _counted}


def _compiled(source: Source) -> Callable[[Value, ClassIds], Value]:
    # Safe: the source is made above, from the types in this package alone, never from a message.
    made: Callable[[Value, ClassIds], Value] = eval(f"lambda value, ids: {source}", _NAMES)  # noqa: S307
    return made


class Layout:
    """How one kind of message is packed.

    Attributes:
        shape: the type that the array is decoded to, strictly.
        write: returns the array of a message.
        read: returns the message of a decoded array.
        defaults: the packed default at each place.
        required: number of places that are never left out.
    """

    def __init__(self, kind: type[msgspec.Struct]) -> None:
        how = packing(kind)
        self.shape = how.shapes[0]
        self.write = _compiled(how.write("value"))
        self.read = _compiled(how.read("value"))
        fields = [(field, packing(field.type)) for field in msgspec.structs.fields(kind)]
        self.defaults = [one for pair in fields for one in _defaults(*pair)]
        self.required = max(n for n, one in enumerate(self.defaults, 1) if one is NODEFAULT)
