from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import pytest
from msgspec import Meta

from edgenode.config.convert import convert
from edgenode.paths import FilePath

Share = Annotated[float, Meta(ge=0, le=1)]


class Zone(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    polygon: Annotated[tuple[tuple[float, float], ...], Meta(min_length=3)]


class Thing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Annotated[str, Meta(description="what it is called")]
    rate: Annotated[float, Meta(gt=0)] | None = None
    live: bool = True
    level: Literal[0, 1] = 0
    kind: Literal["near", "far"] = "near"
    zones: dict[str, Zone] = {}
    recording: FilePath | tuple[FilePath, ...] | None = None
    least: Share | dict[str, Share] = 0.5
    labels: tuple[str, ...] = ()
    chain: tuple[dict[str, Any], ...] = ()
    limits: tuple[int, int] = (0, 1)

    def __post_init__(self) -> None:
        if self.limits[0] > self.limits[1]:
            raise ValueError("limits must rise")


def faults_of(table: dict[str, Any]) -> list[str]:
    value, faults = convert(table, Thing, ("plugins", "a"))
    assert (value is None) == bool(faults)
    return [str(fault) for fault in faults]


def test_a_good_table_becomes_the_struct_with_paths_beside_the_file() -> None:
    table = {"name": "x", "rate": 2, "recording": "r.wav", "chain": [{"use": "y"}]}

    value, faults = convert(table, Thing, folder=Path("/media"))

    assert faults == []
    assert value == Thing(name="x", rate=2.0, recording="/media/r.wav", chain=({"use": "y"},))


def test_each_path_of_several_is_beside_the_file() -> None:
    value, _ = convert({"name": "x", "recording": ["a", "/b"]}, Thing, folder=Path("/media"))

    assert value is not None
    assert value.recording == ("/media/a", "/b")


def test_a_missing_key_is_named_with_its_meaning() -> None:
    assert faults_of({}) == ["plugins.a.name: missing: text, what it is called"]


def test_a_fault_deep_down_is_named_where_it_is() -> None:
    zones = {"door": {"polygon": [[0, 0], [0, "x"], [1, 1]]}, "old gate": {"poligon": []}}

    lines = faults_of({"name": "x", "zones": zones})

    assert lines == [
        "plugins.a.zones.door.polygon[1][1] = 'x': must be a number",
        "plugins.a.zones.'old gate'.poligon = []: unknown key; did you mean 'polygon'?",
        "plugins.a.zones.'old gate'.polygon: missing: an array of at least 3 [number, number]",
    ]


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        ("rate", 0, "plugins.a.rate = 0: must be a number above 0"),
        ("rate", True, "plugins.a.rate = true: must be a number above 0"),
        ("rate", float("inf"), "plugins.a.rate = inf: must be a finite number"),
        ("kind", "nera", "plugins.a.kind = 'nera': must be 'far' or 'near'; did you mean 'near'?"),
        ("kind", {"x": 1}, "plugins.a.kind = a table: must be 'far' or 'near'"),
        ("recording", 3, "plugins.a.recording = 3: must be a path or an array of paths"),
        ("recording", ["a", 3], "plugins.a.recording[1] = 3: must be a path"),
        ("least", {"x": 2}, "plugins.a.least.x = 2: must be a number from 0 to 1"),
        ("least", 2, "plugins.a.least = 2: must be a number from 0 to 1 or "),
        ("limits", [1], "plugins.a.limits = [1]: must be [integer, integer]"),
        ("zones", [], "plugins.a.zones = []: must be a table of tables"),
        ("chain", "x", "plugins.a.chain = 'x': must be an array of tables"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_allowed(key: str, value: object, problem: str) -> None:
    (line,) = faults_of({"name": "x", key: value})

    assert line.startswith(problem)


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        ("rate", "5", "plugins.a.rate = '5': must be a number above 0; remove the quotes"),
        ("live", "true", "plugins.a.live = 'true': must be true or false; remove the quotes"),
        ("level", "1", "plugins.a.level = '1': must be 0 or 1; remove the quotes"),
        (
            "limits",
            "[1, 2]",
            "plugins.a.limits = '[1, 2]': must be [integer, integer]; remove the quotes",
        ),
        ("chain", {}, "plugins.a.chain = a table: must be an array of tables; add brackets"),
        ("labels", "b", "plugins.a.labels = 'b': must be an array of text; add brackets"),
        ("name", 5, "plugins.a.name = 5: must be text; add quotes"),
        ("name", True, "plugins.a.name = true: must be text; add quotes"),
        ("recording", ["a", 3], "plugins.a.recording[1] = 3: must be a path; add quotes"),
    ],
)
def test_a_value_with_the_wrong_quotes_or_brackets_is_told_how_to_write_it(
    key: str, value: object, problem: str
) -> None:
    assert faults_of({"name": "x", key: value}) == [problem]


@pytest.mark.parametrize(
    ("key", "value"),
    [("rate", "5 Hz"), ("rate", "-5"), ("live", "yes"), ("kind", 3), ("name", {}), ("name", [])],
)
def test_quotes_and_brackets_are_no_cure_for_what_is_wrong_without_them_too(
    key: str, value: object
) -> None:
    (line,) = faults_of({"name": "x", key: value})

    assert "quotes" not in line
    assert "brackets" not in line


def test_an_unknown_key_like_none_is_named_with_the_known_ones() -> None:
    (line,) = faults_of({"name": "x", "color": 1})

    assert line.startswith(
        "plugins.a.color = 1: unknown key; known are name, rate, live, level, kind, zones, "
    )


def test_a_structs_own_rule_is_the_fault() -> None:
    assert faults_of({"name": "x", "limits": [3, 2]}) == ["plugins.a = a table: limits must rise"]
