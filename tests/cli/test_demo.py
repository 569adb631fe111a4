"""The demo as a newcomer runs it: processes, sockets, brokers and all."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from PIL import Image

from edgenode.catalogue.origin import FolderMirror
from edgenode.catalogue.store import Store
from edgenode.cli import demo, main
from edgenode.demo import play
from edgenode.demo.supplies import Purveyor
from edgenode.messages import Status

if TYPE_CHECKING:
    from tests.conftest import Mosquitto

DEMO = (sys.executable, "-m", "edgenode", "demo")
CORAL = (*DEMO, "--models", "coral")
SPEECH = str(play.SCENE / play.SOUND)

OURS = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)

RIGHT, KEYPOINT_ERROR = 0.9, 0.05
"""How right the starter models must be on the demo's scene: precision and recall, and distance."""

HEARING = (
    "models/kws_ref_model.tflite",
    "media/speech/sequences_yes-no-go-stop__yes_no_go_stop.wav",
    "media/speech/sequences_right-left-up__right_left_up.wav",
)


@pytest.fixture(scope="module")
def store(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store with all that the demo with real models needs."""
    folder = tmp_path_factory.mktemp("store")
    purveyor = Purveyor(Store(folder), FolderMirror(shared), lambda _pin: lambda _have, _all: None)
    purveyor.gather(play.real(play.CASTS["coral"]))
    return folder


@pytest.fixture
def handlers() -> Iterator[None]:
    """Put the handlers of signals back."""
    before = {number: signal.getsignal(number) for number in OURS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def hearing(shared: Path, tmp_path: Path) -> tuple[str, ...]:
    """Return the arguments of a demo that has what it takes to hear, and no eyes."""
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

    *messages, sums = map(json.loads, run.stdout.splitlines())
    objects, posture, words = (sums["plugins"][name] for name in ("objects", "posture", "words"))
    assert (run.returncode, run.stderr) == (0, b"")
    assert not store.exists(), "the starter models come with edgenode: nothing is pulled"
    assert sums["messages"] == len(messages)
    assert min(objects["precision"], objects["recall"]) >= RIGHT
    assert min(words["precision"], words["recall"], posture["recall"]) >= RIGHT
    assert posture["keypoint_error"] <= KEYPOINT_ERROR
    assert (objects["keypoint_error"], words["keypoint_error"]) == (None, None)
    assert objects["compared"] > 100
    assert words["compared"] == 13


@pytest.mark.shared
def test_all_three_plugins_find_something_and_the_sums_are_right(store: Path) -> None:
    wanted = {"result/objects", "result/posture", "event/words"}

    with started(*CORAL, "--store", str(store), "--json") as running:
        lines = [next(running.stdout)]
        while wanted or _of(map(json.loads, lines), "health")[-1]["ingress"]["bytes"] <= 10**7:
            lines.append(next(running.stdout))
            wanted -= {json.loads(lines[-1])["topic"].removeprefix("edgenode/v1/demo/")}
        running.send_signal(signal.SIGINT)
        *rest, last = running.stdout
        assert (running.wait(20), running.stderr.read()) == (0, b"")

    messages = [json.loads(line) for line in (*lines, *rest)]
    sums = json.loads(last)
    assert sums["messages"] == len(messages)
    assert sums["published_bytes"] == sum(_payload_size(line) for line in (*lines, *rest))
    assert sums["seen_bytes"] == _of(messages, "health")[-1]["ingress"]["bytes"]
    assert sums["ratio"] == round(sums["seen_bytes"] / sums["published_bytes"], 1) > 100
    assert {name: each["findings"] for name, each in sums["plugins"].items()} == {
        "objects": sum(len(each.get("objects", ())) for each in _of(messages, "result/objects")),
        "posture": sum(len(each.get("poses", ())) for each in _of(messages, "result/posture")),
        "words": len(_of(messages, "event/words")),
    }
    assert all(each["findings"] > 0 for each in sums["plugins"].values())
    assert {each["precision"] for each in sums["plugins"].values()} == {None}


@pytest.mark.shared
def test_what_can_run_does_and_the_rest_is_told(
    hearing: tuple[str, ...], broker: "Mosquitto"
) -> None:
    with started(*CORAL, *hearing, "--url", broker.url) as running:
        while b"demo/words event: keyword yes 0." not in next(running.stdout):
            pass
        running.send_signal(signal.SIGINT)
        *_, last = running.stdout
        error = running.stderr.read().decode()

    assert running.returncode == 0, error
    assert "coco_ssd_mobilenet_v1_1.0_quant_2018_06_29.tflite" in error
    assert "edgenode: cannot run: objects, posture\n" in error
    assert b"findings: " in last


def test_it_ends_with_its_sums_when_the_time_is_over() -> None:
    run = subprocess.run(
        [*DEMO, "--json", "--source", SPEECH, "--seconds", "1"],
        capture_output=True,
        check=False,
        timeout=60,
    )

    assert (run.returncode, run.stderr) == (0, b"")
    assert json.loads(run.stdout.splitlines()[-1])["plugins"].keys() == {"words"}


def test_with_nothing_to_run_it_says_what_is_missing_and_how_to_give_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()

    status = main(
        ["demo", "--models", "coral", "--mirror", str(empty), "--store", str(tmp_path / "store")]
    )

    out, error = capsys.readouterr()
    assert (status, out) == (1, "")
    assert "kws_ref_model.tflite" in error
    assert "one-by-one-person-detection.mp4" in error
    assert "name the folder with --mirror (`make demo MIRROR=DIR`)" in error


def test_a_mirror_that_is_not_there_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(["demo", "--models", "coral", "--mirror", str(tmp_path / "none")])

    assert status == 1
    assert capsys.readouterr().err.startswith("edgenode: mirror ")


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


def test_ctrl_c_ends_it_with_the_sums() -> None:
    with forever() as running:
        first = next(running.stdout)

        running.send_signal(signal.SIGINT)
        *_, last = running.stdout

        assert json.loads(first)["topic"] == "edgenode/v1/demo/status"
        assert (running.wait(20), running.stderr.read()) == (0, b"")
        assert json.loads(last)["plugins"].keys() == {"words"}


@pytest.mark.parametrize(
    ("before", "ends"), [(signal.SIG_DFL, True), (signal.SIG_IGN, False)], ids=["shell", "nohup"]
)
def test_it_ends_with_its_terminal_but_not_under_nohup(
    handlers: None, before: signal.Handlers, *, ends: bool
) -> None:
    signal.signal(signal.SIGHUP, before)

    stopping = demo._stopping()
    os.kill(os.getpid(), signal.SIGHUP)

    assert stopping.is_set() == ends


def test_when_nobody_reads_any_more_it_ends_at_once_without_a_word() -> None:
    with forever() as running:
        next(running.stdout)
        running.stdout.close()

        assert (running.wait(20), running.stderr.read()) == (1, b"")


def test_a_second_demo_at_a_broker_is_refused(
    broker: "Mosquitto", publish: Callable[..., None]
) -> None:
    online = Status(state="online", reason="boot", run="0" * 12, conn=1, ts=0)
    publish(broker.url, "edgenode/v1/demo/status", msgspec.json.encode(online), retain=True)

    run = subprocess.run(
        [*DEMO, "--source", SPEECH, "--url", broker.url],
        capture_output=True,
        check=False,
        timeout=60,
        text=True,
    )

    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr == (
        f"edgenode: broker '{broker.url}' has a node 'demo' that is online: "
        "end that demo first, or leave out --url\n"
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


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--source", "none.mp4"), "recording 'none.mp4': there is no such file; check the path"),
        (("--source", "{here}"), "'.py' is no kind known"),
        (("--source", "{folder}"), "there is no picture in this folder"),
        (("--source", SPEECH, "none.mp4"), "recording 'none.mp4': there is no such file"),
        (("--scene", "none"), "scene 'none': there is no 'none'; a scene is a folder with"),
    ],
)
def test_what_cannot_be_played_is_one_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, words: tuple[str, ...], says: str
) -> None:
    status = main(["demo", *(word.format(here=__file__, folder=tmp_path) for word in words)])

    out, error = capsys.readouterr()
    assert (status, out) == (1, "")
    assert says in error
    assert len(error.splitlines()) == 1


@pytest.mark.parametrize(
    "words",
    [
        ("--models", "own"),
        ("--source", "a.wav", "--scene", "b"),
        ("--seconds", "5", "--forever"),
        ("--source",),
    ],
)
def test_what_does_not_go_together_is_refused(words: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["demo", *words])

    assert ended.value.code == 2


def started(*command: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def forever() -> "subprocess.Popen[bytes]":
    """Begin a demo that hears the words of the scene again and again."""
    return started(*DEMO, "--json", "--source", SPEECH, "--forever")


def _payload_size(line: bytes) -> int:
    return len(line.rstrip().partition(b'"payload":')[2]) - len(b"}")


def _of(messages: Iterable[dict[str, Any]], ending: str) -> list[dict[str, Any]]:
    return [
        message["payload"]
        for message in messages
        if message["topic"] == f"edgenode/v1/demo/{ending}"
    ]
