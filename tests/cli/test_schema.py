import json
import tomllib
from collections.abc import Callable, Iterator
from typing import Any

import jsonschema
import pytest

from edgenode.cli import main

GOOD = """
    [node]
    site = "dock"
    [mqtt]
    url = "mqtts://broker.example:8883"
    ca_file = "ca.pem"
    [sources.front]
    use = "camera"
    size = [1280, 720]
    [plugins.people]
    use = "object-detection"
    source = "front"
    model = "coco-ssd-mobilenet-v1"
    labels = ["person"]
    rate_hz = 10
    triggers = [{ use = "pace", rate_hz = 5 }]
    filters = [{ use = "throttle", seconds = 1.5 }]
    report = "changes"
"""


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Callable[[str], dict[str, Any]]:
    def schema(of: str) -> dict[str, Any]:
        assert main(["schema", of]) == 0
        made: dict[str, Any] = json.loads(capsys.readouterr().out)
        jsonschema.Draft202012Validator.check_schema(made)
        return made

    return schema


def valid(schema: dict[str, Any], toml: str) -> bool:
    return jsonschema.Draft202012Validator(schema).is_valid(tomllib.loads(toml))


def test_a_good_configuration_is_valid(printed: Callable[[str], dict[str, Any]]) -> None:
    schema = printed("config")

    jsonschema.Draft202012Validator(schema).validate(tomllib.loads(GOOD))
    assert valid(schema, "")


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("[node]", "[nod]"),
        ('"mqtts:', '"https:'),
        ('use = "camera"', 'use = "camrea"'),
        ('use = "camera"', ""),
        ('source = "front"', ""),
        ('source = "front"', 'source = "front"\nsources = ["x"]'),
        ('model = "coco-ssd-mobilenet-v1"', ""),
        ("labels", "label"),
        ("rate_hz = 10", "rate_hz = 0"),
        ("[1280, 720]", "[1280]"),
        ('use = "throttle"', 'use = "throttel"'),
        ("seconds = 1.5", "seconds = 0"),
        ('use = "pace", rate_hz = 5', 'use = "pace"'),
        ('use = "pace"', 'use = "throttle"'),
        ('"changes"', '"change"'),
        ("[plugins.people]", '[plugins."P.x"]'),
    ],
)
def test_a_wrong_configuration_is_not(
    printed: Callable[[str], dict[str, Any]], right: str, wrong: str
) -> None:
    schema = printed("config")

    assert right in GOOD
    assert not valid(schema, GOOD.replace(right, wrong))


def properties(part: dict[str, Any] | list[Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each key that may be written, with its schema."""
    if isinstance(part, dict):
        yield from part.get("properties", {}).items()
    for inner in part.values() if isinstance(part, dict) else part:
        if isinstance(inner, dict | list):
            yield from properties(inner)


def test_every_table_and_key_has_a_description_and_nothing_is_for_programmers(
    printed: Callable[[str], dict[str, Any]],
) -> None:
    schema = printed("config")

    found = list(properties(schema))
    silent = [
        name
        for name, one in found
        if "description" not in schema["$defs"].get(one.get("$ref", "").split("/")[-1], one)
    ]
    text = json.dumps(schema)
    assert len(found) > 100
    assert silent == []
    assert [word for word in ("null", "``", "Meta(", '"credential"') if word in text] == []


def test_a_plugin_has_only_the_keys_that_it_takes(
    printed: Callable[[str], dict[str, Any]],
) -> None:
    plugins = {one["title"]: one for one in printed("config")["$defs"]["plugin"]["oneOf"]}

    people = plugins["plugin object-detection"]
    assert "sources" not in people["properties"]
    assert people["required"] == ["use", "source", "model"]
    assert "default" not in people["properties"]["source"]


def test_a_pair_may_be_written_also_for_editors_that_know_older_schemas_only(
    printed: Callable[[str], dict[str, Any]],
) -> None:
    schema = printed("config")

    wrong = GOOD.replace("[1280, 720]", "[1280, 720, 3]")
    jsonschema.Draft7Validator(schema).validate(tomllib.loads(GOOD))
    assert not jsonschema.Draft7Validator(schema).is_valid(tomllib.loads(wrong))


def test_a_stranger_is_in_the_schema_and_one_that_does_not_load_is_left_open(
    printed: Callable[[str], dict[str, Any]], install: Callable[[str, str, str], None]
) -> None:
    install("crooked", "[edgenode.sources]\ncrooked = crooked:X\n", "import no_such_driver\n")
    install("straight", "[edgenode.sources]\nstraight = straight:X\n", """
        import msgspec
        from edgenode import plugin

        class Inner(msgspec.Struct, forbid_unknown_fields=True):
            depth: int

        class Mine(plugin.Options, frozen=True):
            inner: Inner
            path: plugin.FilePath | None = None

        class X(plugin.Source):
            Options = Mine
            yields = plugin.Frame
            def open(self): ...
            def close(self): ...
            def samples(self): ...
    """)  # fmt: skip

    schema = printed("config")

    assert valid(schema, '[sources.a]\nuse = "crooked"\nanything = 1\n')
    assert valid(schema, '[sources.a]\nuse = "straight"\ninner.depth = 3\npath = "x"\n')
    assert not valid(schema, '[sources.a]\nuse = "straight"\ninner.deep = 3\n')


def test_the_schema_of_the_messages_has_every_topic(
    printed: Callable[[str], dict[str, Any]],
) -> None:
    schema = printed("messages")

    assert {"status", "meta", "result", "event", "state", "health"} <= set(schema["topics"])
