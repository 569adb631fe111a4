"""The schema as those use it who do not write Python: validators and generators of code."""

import jsonschema
import msgspec
import pytest

from edgenode import messages
from edgenode.messages import Event, Status

RUN = "0123456789ab"
EVENT = Event(v=1, ts=1, run=RUN, seq=1, type="keyword", label="yes", score=0.9)
STATUS = Status(state="online", reason="boot", run=RUN, conn=1, ts=1)


def valid(payload: object) -> bool:
    return jsonschema.Draft202012Validator(messages.schema()).is_valid(payload)


@pytest.mark.parametrize("message", [EVENT, STATUS])
def test_a_payload_is_one_of_those_with_a_topic(message: msgspec.Struct) -> None:
    payload = msgspec.to_builtins(message)

    assert valid(payload)
    assert valid(payload | {"a_field_of_a_newer_node": {"deep": 1}})
    assert not valid(payload | {"run": "no run"})
    assert not valid({"v": 1})


def test_no_struct_is_closed_to_fields_of_a_newer_node() -> None:
    defs = messages.schema()["$defs"]

    closed = [name for name, struct in defs.items() if struct.get("additionalProperties") is False]

    assert closed == []


def test_every_enumeration_has_a_name_of_its_own() -> None:
    defs = messages.schema()["$defs"]

    unnamed = [
        field
        for struct in defs.values()
        for field, place in struct.get("properties", {}).items()
        if "enum" in place
    ]

    assert unnamed == []
    assert defs["StatusReason"]["enum"] != defs["DroppedReason"]["enum"]


def test_patterns_are_those_of_javascript() -> None:
    patterns = {
        place["pattern"]
        for struct in messages.schema()["$defs"].values()
        for place in struct.get("properties", {}).values()
        if "pattern" in place
    }

    assert patterns
    assert all(pattern.startswith("^") and pattern.endswith("$") for pattern in patterns)
