import tomllib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edgenode import config
from edgenode.catalogue.store import Store
from edgenode.config import Mqtt
from edgenode.demo import play, scenario
from edgenode.demo.play import CASTS, Part, Play
from edgenode.demo.supplies import Supplies
from edgenode.demo.truth import Moment, Truth
from edgenode.sense.planning import plan

MQTT = Mqtt(url="mqtt://127.0.0.1:1883", protocol="3.1.1")
RECORDED_AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
CORAL = CASTS["coral"]
REAL = play.real(CORAL)
SCENE = Play(parts=CORAL, truth=Truth(10.0, 320, 240, (Moment(),)))


def supplies(folder: Path, of: Play = REAL, parts: Sequence[Part] = CORAL) -> Supplies:
    recordings = {source: [folder / name for name in names] for source, names in play.REAL.items()}
    return Supplies(of, Store(folder), recordings, list(parts))


@pytest.mark.parametrize("of", [REAL, SCENE], ids=["real", "scene"])
def test_the_configuration_is_a_flawless_one(tmp_path: Path, of: Play) -> None:
    folder = tmp_path / 'an "odd" name, ä'
    folder.mkdir()

    path = scenario.write(folder, supplies(folder, of), MQTT, RECORDED_AT)

    settings, faults = config.examine(path)
    assert faults == []
    assert plan(settings).faults() == []
    assert plan(settings).plugins.keys() == {"objects", "posture", "words"}
    assert settings.node.id == "demo"
    assert settings.models.store == str(folder)


def test_recordings_are_played_at_their_own_pace(tmp_path: Path) -> None:
    table = tomllib.loads(scenario.configuration(supplies(tmp_path), MQTT, RECORDED_AT))

    assert all("pace" not in source for source in table["sources"].values())
    assert table["sources"]["microphone"]["path"] == [
        str(tmp_path / "yes_no_go_stop.wav"),
        str(tmp_path / "right_left_up.wav"),
    ]


@pytest.mark.parametrize("loop", [True, False])
def test_they_begin_again_if_the_play_says_so(tmp_path: Path, loop: bool) -> None:  # noqa: FBT001 a case
    some = supplies(tmp_path, replace(REAL, loop=loop))

    table = tomllib.loads(scenario.configuration(some, MQTT, RECORDED_AT))

    assert {source["loop"] for source in table["sources"].values()} == {loop}


def test_where_the_truth_is_known_every_result_is_published_with_its_place_in_the_clip(
    tmp_path: Path,
) -> None:
    table = tomllib.loads(scenario.configuration(supplies(tmp_path, SCENE), MQTT, RECORDED_AT))

    assert {source["recorded_at"] for source in table["sources"].values()} == {RECORDED_AT}
    assert table["plugins"]["objects"]["report"] == table["plugins"]["posture"]["report"] == "all"
    assert "report" not in table["plugins"]["words"]


def test_where_nobody_knows_the_truth_it_is_an_ordinary_node(tmp_path: Path) -> None:
    table = tomllib.loads(scenario.configuration(supplies(tmp_path), MQTT, RECORDED_AT))

    assert not any("recorded_at" in source for source in table["sources"].values())
    assert not any("report" in plugin for plugin in table["plugins"].values())


def test_what_cannot_run_is_left_out_with_its_source(tmp_path: Path) -> None:
    some = supplies(tmp_path, parts=CORAL[-1:])

    table = tomllib.loads(scenario.configuration(some, MQTT, RECORDED_AT))

    assert table["plugins"].keys() == {"words"}
    assert table["sources"].keys() == {"microphone"}
