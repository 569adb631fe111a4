import msgspec
import pytest

from edgenode.messages.class_ids import NO_IDS, ClassIds
from edgenode.messages.packed import Layout
from edgenode.messages.terms import Amount, Coordinates, Fraction, Label, Point, Text, Title

IDS = ClassIds("ssd", ("person", "kite"))


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A struct inside another."""

    label: Label
    at: Coordinates
    share: Fraction | None = None


class Whole(msgspec.Struct, frozen=True, kw_only=True):
    """A message that is in no contract: one field of each kind of type."""

    count: int
    took: Amount
    title: Title
    path: tuple[Point, ...] = ()
    parts: tuple[Part, ...] = ()
    first: Part | None = None
    shares: dict[Label, Fraction] = {}
    named: dict[Title, Part] = {}
    notes: tuple[Text, ...] = ()


PART = Part(label="kite", at=(0.1, 0.2, 0.3, 0.4), share=0.5)
WHOLE = Whole(
    count=3,
    took=12.3,
    title="kite",
    path=((0.1, 0.2, 0.3), (0.4, 0.5, 0.6)),
    parts=(PART, Part(label="dog", at=(0.0, 0.0, 1.0, 1.0))),
    first=PART,
    shares={"person": 0.25, "dog": 0.75},
    named={"person": PART},
    notes=("a", "b"),
)


def test_how_a_struct_is_packed_follows_from_the_types_of_its_fields() -> None:
    array = Layout(Whole).write(WHOLE, IDS)

    kite = [1, 1000, 2000, 3000, 4000, 5000]
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(array)) == [
        3,
        123,
        "kite",
        [1000, 2000, 3000, 4000, 5000, 6000],
        [kite, ["dog", 0, 0, 10_000, 10_000, None]],
        kite,
        {0: 2500, "dog": 7500},
        {"person": kite},
        ["a", "b"],
    ]


@pytest.mark.parametrize("message", [WHOLE, Whole(count=0, took=0.0, title="t")])
@pytest.mark.parametrize("ids", [IDS, NO_IDS])
def test_what_is_read_is_what_was_written(message: Whole, ids: ClassIds) -> None:
    layout = Layout(Whole)
    payload = msgspec.msgpack.encode(layout.write(message, ids))

    packed = msgspec.msgpack.decode(payload, type=layout.shape)

    assert layout.read(packed, ids) == message


def test_what_ends_in_defaults_may_be_cut_there() -> None:
    layout = Layout(Whole)

    packed = msgspec.msgpack.decode(msgspec.msgpack.encode([3, 0, "t"]), type=layout.shape)

    assert layout.required == 3
    assert layout.read(packed, IDS) == Whole(count=3, took=0.0, title="t")


@pytest.mark.parametrize(
    ("place", "value"),
    [(1, -1), (1, 0.5), (2, ""), (3, [10_001]), (4, [["kite", 1, 2, 3]]), (6, {"dog": 0.5})],
)
def test_bounds_are_those_of_the_types(place: int, value: object) -> None:
    layout = Layout(Whole)
    array = layout.write(WHOLE, IDS)
    array[place] = value

    with pytest.raises(msgspec.ValidationError):
        msgspec.msgpack.decode(msgspec.msgpack.encode(array), type=layout.shape)


@pytest.mark.parametrize("kind", [tuple[Fraction, Label], list[Fraction], Fraction | Label])
def test_a_type_without_a_rule_is_an_error_at_once(kind: object) -> None:
    strange = msgspec.defstruct("Strange", [("field", kind)])

    with pytest.raises(TypeError, match="no rule says how"):
        Layout(strange)


def test_two_structs_of_one_name_are_an_error() -> None:
    Layout(Part)

    with pytest.raises(TypeError, match="two structs are named 'Part'"):
        Layout(msgspec.defstruct("Part", [("field", int)]))
