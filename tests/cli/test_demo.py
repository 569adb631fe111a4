"""The demo with the starter models and with real ones, as a newcomer runs it."""

import json
import shutil
import signal
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from edgenode.catalogue.origin import FolderMirror
from edgenode.catalogue.store import Store
from edgenode.demo import scenario
from edgenode.demo.fetch import Fetcher
from tests.cli.demo_command import DEMO, next_line, started

if TYPE_CHECKING:
    from tests.brokers import Mosquitto

CORAL = (*DEMO, "--models", "coral")

RIGHT, KEYPOINT_ERROR = 0.9, 0.05
"""How right the starter models must be on the demo's scene: precision and recall, and distance."""

HEARING = (
    "models/kws_ref_model.tflite",
    "media/speech/sequences_yes-no-go-stop__yes_no_go_stop.wav",
    "media/speech/sequences_right-left-up__right_left_up.wav",
)
"""All that the plugin `words` needs, and nothing for the others."""


@pytest.fixture(scope="module")
def store(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store with all that the demo with real models needs."""
    folder = tmp_path_factory.mktemp("store")
    fetcher = Fetcher(Store(folder), FolderMirror(shared), lambda _pin: lambda _have, _all: None)
    fetcher.fetch(scenario.real_recordings(scenario.MODEL_SETS["coral"]))
    return folder


@pytest.fixture
def hearing(shared: Path, tmp_path: Path) -> tuple[str, ...]:
    """Return the arguments of a demo that has all files for sound and none for pictures."""
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    for file in HEARING:
        shutil.copy(shared / file, mirror)
    return ("--mirror", str(mirror), "--store", str(tmp_path / "store"))


def test_out_of_the_box_it_plays_its_scene_to_the_end_and_is_mostly_right(tmp_path: Path) -> None:
    store = tmp_path / "store"

    run = subprocess.run(
        [*DEMO, "--json", "--store", str(store)], capture_output=True, check=False, timeout=90
    )

    *messages, totals = map(json.loads, run.stdout.splitlines())
    objects, posture, words = (totals["plugins"][name] for name in ("objects", "posture", "words"))
    assert (run.returncode, run.stderr) == (0, b"")
    assert not store.exists(), "the starter models come with edgenode: nothing is pulled"
    assert totals["messages"] == len(messages)
    assert min(objects["precision"], objects["recall"]) >= RIGHT
    assert min(words["precision"], words["recall"], posture["recall"]) >= RIGHT
    assert posture["keypoint_error"] <= KEYPOINT_ERROR
    assert (objects["keypoint_error"], words["keypoint_error"]) == (None, None)
    assert objects["compared"] > 100
    assert words["compared"] == 13


@pytest.mark.shared
def test_all_three_plugins_find_something_and_the_totals_are_right(store: Path) -> None:
    wanted = {"result/objects", "result/posture", "event/words"}

    with started(*CORAL, "--store", str(store), "--json") as running:
        lines = [next_line(running)]
        while wanted or _of(map(json.loads, lines), "health")[-1]["ingress"]["bytes"] <= 10**7:
            lines.append(next_line(running))
            wanted -= {json.loads(lines[-1])["topic"].removeprefix("edgenode/v1/demo/")}
        running.send_signal(signal.SIGINT)
        *rest, last = running.stdout
        assert (running.wait(20), running.stderr.read()) == (0, b"")

    messages = [json.loads(line) for line in (*lines, *rest)]
    totals = json.loads(last)
    assert totals["messages"] == len(messages)
    assert totals["published_bytes"] == sum(_payload_size(line) for line in (*lines, *rest))
    assert totals["seen_bytes"] == _of(messages, "health")[-1]["ingress"]["bytes"]
    assert totals["ratio"] == round(totals["seen_bytes"] / totals["published_bytes"], 1) > 100
    assert {name: each["findings"] for name, each in totals["plugins"].items()} == {
        "objects": sum(len(each.get("objects", ())) for each in _of(messages, "result/objects")),
        "posture": sum(len(each.get("poses", ())) for each in _of(messages, "result/posture")),
        "words": len(_of(messages, "event/words")),
    }
    assert all(each["findings"] > 0 for each in totals["plugins"].values())
    assert {each["precision"] for each in totals["plugins"].values()} == {None}


@pytest.mark.shared
def test_what_can_run_does_and_the_rest_is_told(
    hearing: tuple[str, ...], broker: "Mosquitto"
) -> None:
    with started(*CORAL, *hearing, "--url", broker.url) as running:
        while b"demo/words event: keyword yes 0." not in next_line(running):
            pass
        running.send_signal(signal.SIGINT)
        *_, last = running.stdout
        error = running.stderr.read().decode()

    assert running.returncode == 0, error
    assert "coco_ssd_mobilenet_v1_1.0_quant_2018_06_29.tflite" in error
    assert "edgenode: cannot run: objects, posture\n" in error
    assert b"findings: " in last


@pytest.mark.shared
def test_a_broker_that_is_not_there_is_one_line(hearing: tuple[str, ...]) -> None:
    run = subprocess.run(
        [*CORAL, *hearing, "--url", "mqtt://127.0.0.1:1"],
        capture_output=True,
        check=False,
        timeout=60,
        text=True,
    )

    assert run.returncode == 1
    assert run.stdout == ""
    assert run.stderr.splitlines()[-1] == (
        "edgenode: broker 'mqtt://127.0.0.1:1' cannot be reached: connection refused; "
        "start a broker there, or name another with --url"
    )


@pytest.mark.shared
def test_ones_own_file_is_played_once_by_the_plugins_it_fits(store: Path, shared: Path) -> None:
    speech = shared / "media" / "speech" / "sequences_yes-no-go-stop__yes_no_go_stop.wav"

    run = subprocess.run(
        [*CORAL, "--store", str(store), "--source", str(speech)],
        capture_output=True,
        check=False,
        timeout=60,
        text=True,
    )

    assert (run.returncode, run.stderr) == (0, "")
    assert "demo/words event: keyword yes" in run.stdout
    assert "objects" not in run.stdout
    assert "Compared with" not in run.stdout


@pytest.mark.shared
def test_that_nothing_is_found_in_ones_own_file_is_no_failure(store: Path, tmp_path: Path) -> None:
    picture = tmp_path / "black.png"
    Image.new("RGB", (64, 64)).save(picture)

    run = subprocess.run(
        [*CORAL, "--store", str(store), "--source", str(picture)],
        capture_output=True,
        check=False,
        timeout=60,
        text=True,
    )

    assert (run.returncode, run.stderr) == (0, "")
    assert "objects       0 findings: nothing" in run.stdout


def _payload_size(line: bytes) -> int:
    return len(line.rstrip().partition(b'"payload":')[2]) - len(b"}")


def _of(messages: Iterable[dict[str, Any]], ending: str) -> list[dict[str, Any]]:
    return [
        message["payload"]
        for message in messages
        if message["topic"] == f"edgenode/v1/demo/{ending}"
    ]
