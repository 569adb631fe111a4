"""The contract does not change without its version: samples, their bytes, and the schema.

Nothing in ``golden`` is ever changed or removed. A field may be added, if it may be absent, and so
may a value of an enumeration: add a sample that has it, run the command below, and tell it in
CHANGELOG.md. Anything else is a break: raise ``VERSION`` in ``edgenode/messages/terms.py`` and the
prefix ``edgenode/vN`` in ``edgenode/config/tables.py``, and give the new version a folder of its
own beside the old one.
"""

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import jsonschema
import msgspec
import pytest

from edgenode import messages
from edgenode.backend.payloads import decode
from edgenode.messages.compact import ClassIds, pack, unpack

GOLDEN = Path(__file__).parent / "golden"
NOW = GOLDEN / f"v{messages.VERSION}"
COMMAND = f"edgenode schema messages > tests/messages/golden/{NOW.name}/schema.json"
HELP = f"see the top of tests/messages/test_golden.py; the command is `{COMMAND}`"

IDS = ClassIds("ssd", ("person", "kite", "???", "person"))
"""The class ids that the packed samples were made with."""

Schema: TypeAlias = dict[str, Any]
Change: TypeAlias = Callable[[Schema], object]


def topic(file: Path) -> str:
    return file.stem.replace("event_", "event/_")


def samples(folder: str, *, packed: bool = False) -> list[Any]:
    return [
        pytest.param(topic(file), row, id=f"{topic(file)}: {row['sample']}")
        for file in sorted(GOLDEN.glob(f"{folder}/*.json"))
        if file.stem != "schema"
        for row in json.loads(file.read_text())
        if "msgpack" in row or not packed
    ]


def committed() -> Schema:
    schema: Schema = json.loads((NOW / "schema.json").read_text())
    return schema


def breaks(old: object, new: object, at: str = "") -> Iterator[str]:
    """Yield where those who know the *old* schema and those who know the *new* one disagree."""
    if isinstance(old, dict) and isinstance(new, dict):
        for name in sorted({*old, *new}):
            if name == "description" and not at.endswith("/properties"):
                continue
            if name not in new:
                yield f"{at}/{name} is gone"
            elif name in old:
                yield from breaks(old[name], new[name], f"{at}/{name}")
            elif not at.endswith(("/properties", "/$defs", "/topics")):
                yield f"{at}/{name} is new"
    elif isinstance(old, list) and isinstance(new, list) and at.endswith("/enum"):
        yield from (f"{at} has no {value!r} any more" for value in set(old) - set(new))
    elif old != new:
        yield f"{at} was {old!r} and is {new!r}"


def present(value: object, place: Schema, schema: Schema) -> Iterator[str]:
    """Yield the fields that *value* has, as ``Struct.field``."""
    if "$ref" in place and isinstance(value, dict):
        name = place["$ref"].rpartition("/")[2]
        for key, inner in value.items():
            yield f"{name}.{key}"
            yield from present(inner, schema["$defs"][name]["properties"][key], schema)
    elif isinstance(value, dict):
        for inner in value.values():
            yield from present(inner, place["additionalProperties"], schema)
    elif isinstance(value, list) and "items" in place:
        for inner in value:
            yield from present(inner, place["items"] or {}, schema)


def rename(schema: Schema) -> None:
    health = schema["$defs"]["Health"]["properties"]
    health["cpu_celsius"] = health.pop("cpu_c")


def test_nothing_in_the_schema_is_changed_or_taken_away_without_a_new_version() -> None:
    found = sorted(breaks(committed(), messages.schema()))

    assert not found, f"this breaks the contract: {found}; {HELP}"


def test_the_committed_schema_is_the_one_that_is_printed() -> None:
    assert committed() == messages.schema(), f"the contract has grown: {HELP}"


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (rename, "/$defs/Health/properties/cpu_c is gone"),
        (lambda s: s["$defs"].pop("Ingress"), "/$defs/Ingress is gone"),
        (lambda s: s["topics"].pop("health"), "/topics/health is gone"),
        (
            lambda s: s["$defs"]["Event"]["properties"]["score"].update(maximum=100.0),
            "/$defs/Event/properties/score/maximum was 1.0 and is 100.0",
        ),
        (
            lambda s: s["$defs"]["Event"]["properties"]["label"].update(pattern="x"),
            "/$defs/Event/properties/label/pattern is new",
        ),
        (
            lambda s: s["$defs"]["Egress"]["properties"]["bytes"].update(type="string"),
            "/$defs/Egress/properties/bytes/type was 'integer' and is 'string'",
        ),
        (
            lambda s: s["$defs"]["Event"]["properties"]["type"]["enum"].remove("keyword"),
            "/$defs/Event/properties/type/enum has no 'keyword' any more",
        ),
        (
            lambda s: s["$defs"]["Ingress"].update(required=["bytes"]),
            "/$defs/Ingress/required was [] and is ['bytes']",
        ),
    ],
)
def test_a_field_that_is_renamed_removed_retyped_or_bounded_anew_is_a_break(
    change: Change, found: str
) -> None:
    changed = copy.deepcopy(committed())

    change(changed)

    assert list(breaks(committed(), changed)) == [found]


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s["$defs"]["Event"]["properties"].update(new={"type": "string", "default": ""}),
        lambda s: s["$defs"]["Event"]["properties"]["type"]["enum"].append("whistle"),
        lambda s: s["$defs"]["Event"]["properties"]["type"].update(description="what"),
        lambda s: s["$defs"].update(New={"type": "object"}),
    ],
)
def test_what_is_added_is_no_break(change: Change) -> None:
    changed = copy.deepcopy(committed())

    change(changed)

    assert changed != committed()
    assert list(breaks(committed(), changed)) == []


@pytest.mark.parametrize(("kind", "sample"), samples(NOW.name))
def test_a_sample_is_read_and_written_as_it_is(kind: str, sample: Schema) -> None:
    message = decode(kind, msgspec.json.encode(sample["json"]))

    assert json.loads(msgspec.json.encode(message)) == sample["json"], HELP


@pytest.mark.parametrize(("kind", "sample"), samples(NOW.name))
def test_a_sample_is_valid_by_the_committed_schema(kind: str, sample: Schema) -> None:
    schema = committed()

    validator = jsonschema.Draft202012Validator(schema | schema["topics"][kind])

    validator.validate(sample["json"])
    validator.validate(sample["json"] | {"added_later": 1})


@pytest.mark.parametrize(("kind", "sample"), samples(NOW.name, packed=True))
def test_a_sample_is_packed_into_the_bytes_it_always_had(kind: str, sample: Schema) -> None:
    message = msgspec.convert(sample["json"], messages.SENT[kind])

    assert pack(message, IDS).hex() == sample["msgpack"], HELP
    assert unpack(messages.SENT[kind], bytes.fromhex(sample["msgpack"]), IDS) == message


@pytest.mark.parametrize(("kind", "sample"), samples("v*"))
def test_a_consumer_reads_what_nodes_of_the_past_have_sent(kind: str, sample: Schema) -> None:
    message = decode(kind, msgspec.json.encode(sample["json"]))

    assert isinstance(message, messages.SENT[kind])
    if "msgpack" in sample:
        assert decode(kind, bytes.fromhex(sample["msgpack"]), IDS) == message


def test_every_field_is_in_a_sample_and_described() -> None:
    schema = messages.schema()
    fields = {
        f"{name}.{field}": described
        for name, struct in schema["$defs"].items()
        for field, described in struct["properties"].items()
    }

    seen = {
        field
        for one in samples(NOW.name)
        for kind, sample in [one.values]
        for field in present(sample["json"], schema["topics"][kind], schema)
    }

    assert seen == set(fields), HELP
    assert [name for name, field in fields.items() if "description" not in field] == []
