"""The trial of a model file in a process of its own: what passes, and what becomes of the rest."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from edgenode.accelerator.trial import MOST_REMEMBERED, Trials
from edgenode.errors import ModelError
from tests.hostile_models import (
    CRASHES,
    EIGHT_BYTES,
    NEVER_ENDS,
    TAKES_ALL_MEMORY,
    WORKS,
    written,
)


def check(trials: Trials, content: bytes, device: str = "cpu") -> None:
    trials.check(content, hashlib.sha256(content).hexdigest(), "own", device)


def fault(trials: Trials, content: bytes, device: str = "cpu") -> str:
    with pytest.raises(ModelError, match="'own'") as refused:
        check(trials, content, device)
    return str(refused.value)


@pytest.fixture
def trials(tmp_path: Path) -> Trials:
    return Trials(tmp_path / "tried")


def test_a_model_that_works_is_tried_once(trials: Trials, tmp_path: Path) -> None:
    check(trials, WORKS)

    # No process can load it in no time: this one starts none.
    check(Trials(tmp_path / "tried", limit_s=0.0), WORKS)


def test_another_file_or_another_device_is_tried_anew(trials: Trials, tmp_path: Path) -> None:
    check(trials, WORKS)
    hasty = Trials(tmp_path / "tried", limit_s=0.0)

    assert "not done after 0 s" in fault(hasty, WORKS + b"\0")
    assert "not done after 0 s" in fault(hasty, WORKS, "none")


def test_a_model_that_crashes_the_runtime_is_an_error_of_that_model(trials: Trials) -> None:
    told = fault(trials, CRASHES)

    assert "\n" not in told
    assert told.endswith("convert it again, or use another")
    # A later runtime may refuse it.
    if "crashes" in told:
        assert "in its first inference (SIGSEGV): the file is damaged or hostile" in told


def children() -> set[str]:
    return set(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())


def test_a_model_that_never_ends_is_ended(tmp_path: Path) -> None:
    # Earlier tests may have left children of their own, such as a resource tracker.
    before = children()

    told = fault(Trials(tmp_path, limit_s=3.0), NEVER_ENDS)

    assert told.startswith("model 'own' is not done after 3 s")
    assert children() <= before


def test_a_model_that_asks_for_all_memory_is_refused(trials: Trials) -> None:
    assert "\n" not in fault(trials, TAKES_ALL_MEMORY)


def test_what_is_refused_is_not_remembered(trials: Trials, tmp_path: Path) -> None:
    for content in (CRASHES, EIGHT_BYTES):
        fault(trials, content)

    assert not (tmp_path / "tried").exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not a TFLite model; give a .tflite file"),
        (EIGHT_BYTES, "convert"),
        (b"\x1c\0\0\0TFL3" + bytes(60), "convert"),
        (written("RELU -> out:1x8"), "has no input; convert it again"),
        (written("RELU in:1x8 ->"), "does not load: "),
        (written("my-op in:1x8 -> out:1x8"), "unresolved custom op: my-op; convert it again"),
        (written("FLOOR_MOD in:1:int32 z=1:int32 -> out:1:int32"), "inference failed: Div"),
    ],
    ids=["nothing", "8 bytes", "zeros", "no input", "no output", "unknown operator", "fails"],
)
def test_what_the_runtime_cannot_use_is_one_line_with_a_cure(
    trials: Trials, content: bytes, words: str
) -> None:
    told = fault(trials, content)

    assert words in told.replace(".;", ";")
    assert "\n" not in told
    assert "convert" in told or "give" in told


def test_a_file_for_the_edge_tpu_is_read_and_not_loaded(trials: Trials) -> None:
    compiled = written("edgetpu-custom-op in:1x8 -> out:1x8")

    check(trials, compiled, "none")

    assert "unresolved custom op" in fault(trials, compiled, "cpu")
    assert "damaged or cut short" in fault(trials, compiled[:300], "none")


def test_where_nothing_can_be_remembered_a_model_works_and_it_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()

    check(Trials(tmp_path / "file" / "tried"), WORKS)

    (warning,) = (one for one in caplog.records if one.levelname == "WARNING")
    assert "Not a directory; a model is tried again at each start" in warning.getMessage()


def test_the_oldest_are_forgotten(trials: Trials, tmp_path: Path) -> None:
    folder = tmp_path / "tried"
    folder.mkdir()
    for number in range(MOST_REMEMBERED):
        (folder / f"old-{number}").touch()
        os.utime(folder / f"old-{number}", (number, number))

    check(trials, WORKS)

    assert len(list(folder.iterdir())) == MOST_REMEMBERED
    assert not (folder / "old-0").exists()
    assert (folder / "old-1").exists()


def test_a_module_in_the_current_folder_is_none_of_ours(
    trials: Trials, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "numpy.py").write_text("raise SystemExit('taken in')")

    check(trials, WORKS)


def test_a_confined_process_can_try_a_model(tmp_path: Path) -> None:
    (tmp_path / "model.tflite").write_bytes(WORKS)
    code = (
        "import sys; from pathlib import Path; from edgenode import hardening;"
        "hardening.confine(internet=False);"
        "from edgenode.accelerator.trial import Trials;"
        "content = Path(sys.argv[1], 'model.tflite').read_bytes();"
        "Trials(Path(sys.argv[1])).check(content, 'sha256', 'own')"
    )

    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)

    assert list(tmp_path.glob("sha256-*-cpu"))


def test_the_worker_says_what_it_does_and_what_came_of_it() -> None:
    command = [sys.executable, "-m", "edgenode.accelerator.worker", "own", "cpu"]

    ended = subprocess.run(command, input=WORKS, stdout=subprocess.PIPE, check=True)

    stages = [b'{"stage":"%s"}' % stage for stage in (b"read", b"load", b"run", b"done")]
    assert ended.stdout.splitlines() == stages
