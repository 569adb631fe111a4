"""What the demo refuses, and how it says so."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from edgenode.cli import main
from edgenode.messages import Status
from tests.cli.demo_command import DEMO, SPEECH

if TYPE_CHECKING:
    from tests.brokers import Mosquitto


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


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--source", "none.mp4"), "recording 'none.mp4': there is no such file; check the path"),
        (("--source", "{here}"), "damaged, or no recording; give a video"),
        (("--source", "{folder}"), "there is no picture in this folder"),
        (("--source", SPEECH, "none.mp4"), "recording 'none.mp4': there is no such file"),
        (("--scene", "none"), "scene 'none': there is no 'none'; a scene is a folder with"),
    ],
)
def test_what_cannot_be_played_is_one_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, words: tuple[str, ...], message: str
) -> None:
    status = main(["demo", *(word.format(here=__file__, folder=tmp_path) for word in words)])

    out, error = capsys.readouterr()
    assert (status, out) == (1, "")
    assert message in error
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
