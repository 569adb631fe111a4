import tomllib
from pathlib import Path

from edgenode import config
from edgenode.catalogue.store import Store
from edgenode.config import Mqtt
from edgenode.demo import scenario
from edgenode.demo.supplies import PARTS, RECORDINGS, Supplies
from edgenode.sense.plan import plan

MQTT = Mqtt(url="mqtt://127.0.0.1:1883", protocol="3.1.1")


def supplies(folder: Path, *, parts: int = len(PARTS)) -> Supplies:
    recordings = {source: [folder / name for name in names] for source, names in RECORDINGS.items()}
    return Supplies(Store(folder), recordings, list(PARTS[-parts:]))


def test_the_configuration_is_a_flawless_one(tmp_path: Path) -> None:
    folder = tmp_path / 'an "odd" name, ä'
    folder.mkdir()

    path = scenario.write(folder, supplies(folder), MQTT)

    settings, faults = config.examine(path)
    assert faults == []
    assert plan(settings).faults() == []
    assert plan(settings).plugins.keys() == {"objects", "posture", "words"}
    assert settings.node.id == "demo"
    assert settings.models.store == str(folder)


def test_recordings_loop_at_their_own_pace(tmp_path: Path) -> None:
    table = tomllib.loads(scenario.configuration(supplies(tmp_path), MQTT))

    assert {source["loop"] for source in table["sources"].values()} == {True}
    assert all("pace" not in source for source in table["sources"].values())
    assert table["sources"]["microphone"]["path"] == [
        str(tmp_path / "yes_no_go_stop.wav"),
        str(tmp_path / "right_left_up.wav"),
    ]


def test_what_cannot_run_is_left_out_with_its_source(tmp_path: Path) -> None:
    table = tomllib.loads(scenario.configuration(supplies(tmp_path, parts=1), MQTT))

    assert table["plugins"].keys() == {"words"}
    assert table["sources"].keys() == {"microphone"}
