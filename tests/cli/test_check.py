import json
from pathlib import Path

import pytest
from PIL import Image

from edgenode.catalogue import manifest
from edgenode.catalogue.store import Store
from edgenode.cli import main
from tests.sense.manifests import own_model

GOOD = '[sources.front]\nuse = "camera"\n[plugins.people]\nuse = "object-detection"\n'
GOOD += 'source = "front"\nmodel = "coco-ssd-mobilenet-v1"\n'


def test_a_good_file_is_ok(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(GOOD)

    status = main(["check", str(file)])

    assert status == 0
    assert capsys.readouterr().out == f"ok: {file}, 1 sources, 1 plugins\n"


def test_all_faults_of_settings_and_plugins_go_to_stderr(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text("[mqtt]\nkeep_alive_s = 1\n" + GOOD)
    drop_in = file.parent / "edgenode.d" / "x.toml"
    drop_in.parent.mkdir()
    drop_in.write_text('[plugins.people]\nthresold = 1\nsource = "frnt"\n')

    status = main(["check", str(file)])

    out, err = capsys.readouterr()
    assert (status, out) == (2, "")
    assert err.splitlines() == [
        f"{file}: mqtt.keep_alive_s = 1: must be an integer from 5 to 3600",
        f"{drop_in}: plugins.people.thresold = 1: unknown key; did you mean 'threshold'?",
        f"{drop_in}: plugins.people.source = 'frnt': no such source; did you mean 'front'?",
    ]


def test_a_threshold_no_score_can_reach_is_a_fault(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(GOOD + 'threshold = 7\nreport = "al"\n')

    status = main(["check", str(file)])

    message = "must be a number from 0 to 1 or a table of numbers from 0 to 1"
    assert status == 2
    assert capsys.readouterr().err.splitlines() == [
        f"{file}: plugins.people.threshold = 7: {message}",
        (
            f"{file}: plugins.people.report = 'al': must be 'all', 'changes' or 'presence';"
            " did you mean 'all'?"
        ),
    ]


def test_the_answer_as_json(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text("[nod]\n" + GOOD)

    status = main(["check", str(file), "--json"])

    faults = [f"{file}: nod = a table: unknown key; did you mean 'node'?"]
    assert status == 2
    assert json.loads(capsys.readouterr().out) == {
        "ok": False,
        "file": str(file),
        "faults": faults,
        "ignored": [],
    }


def test_a_file_that_is_not_there_is_one_fault(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(["check", str(file)])

    message = f"{file}: no such file; `edgenode defaults` prints one to start from\n"
    assert (status, capsys.readouterr().err) == (2, message)


def test_a_file_with_nothing_to_run_is_a_fault(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text("")

    status = main(["check", str(file)])

    message = f"{file}: plugins: nothing to run; add a table such as [plugins.people]\n"
    assert (status, capsys.readouterr().err) == (2, message)


def test_the_models_files_are_checked_when_asked_for(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(GOOD + f'[models]\nstore = "{file.parent}"\n')

    bare, strict = main(["check", str(file)]), main(["check", str(file), "--models"])

    assert (bare, strict) == (0, 2)
    assert capsys.readouterr().err == (
        f"{file}: plugins.people.model: the cpu file of model 'coco-ssd-mobilenet-v1' is not"
        " pulled; `edgenode models pull coco-ssd-mobilenet-v1`\n"
    )


def test_a_folder_of_models_that_is_not_there_does_not_hide_the_other_faults(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(GOOD + '[models]\nfolders = ["/nowhere"]\n[mqtt]\nkeep_alive_s = 1\n')

    status = main(["check", str(file), "--models"])

    err = capsys.readouterr().err
    assert status == 2
    assert "mqtt.keep_alive_s = 1" in err
    assert "models.folders[0] = '/nowhere': no such folder" in err


REPLAYED = '[sources.front]\nuse = "replay"\npath = {path!r}\nloop = true\n'
REPLAYED += '[plugins.people]\nuse = "object-detection"\nsource = "front"\n'
REPLAYED += 'model = "starter-detector"\n'


def test_a_recording_that_is_not_there_or_is_none_is_a_fault(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(REPLAYED.format(path="gone.png"))
    absent = main(["check", str(file)]), capsys.readouterr().err
    (file.parent / "broken.png").write_bytes(b"no picture")
    file.write_text(REPLAYED.format(path="broken.png"))

    broken = main(["check", str(file)]), capsys.readouterr().err

    gone = f"recording '{file.parent}/gone.png': there is no such file; check the path"
    assert absent == (2, f"{file}: sources.front: {gone}\n")
    assert broken[0] == 2
    assert broken[1].startswith(f"{file}: sources.front: recording '{file.parent}/broken.png': ")


def test_a_recording_that_can_be_read_is_none(file: Path) -> None:
    Image.new("RGB", (8, 8)).save(file.parent / "whole.png")
    file.write_text(REPLAYED.format(path="whole.png"))

    status = main(["check", "--models", str(file)])

    assert status == 0


def test_a_model_that_the_plugin_refuses_is_a_fault_when_models_are_asked_for(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    detector = manifest.find("starter-detector")
    content = Store(file.parent / "store").read(detector, "cpu")
    shape = list(detector.input.shape)
    own_model(file.parent, content, task="pose-estimation", shape=shape, dtype=detector.input.dtype)
    file.write_text(
        GOOD.replace("coco-ssd-mobilenet-v1", "starter-detector")
        + '[plugins.posture]\nuse = "pose-estimation"\nsource = "front"\nmodel = "own-model"\n'
        + '[models]\nfolders = ["."]\n'
    )

    bare, strict = main(["check", str(file)]), main(["check", str(file), "--models"])

    assert (bare, strict) == (0, 2)
    lines = capsys.readouterr().err.splitlines()
    told = f"{file}: plugins.posture.model: model 'own-model' gives "
    assert [line for line in lines if line.startswith(told)]
    assert "a single-pose MoveNet" in lines[-1]


def test_what_is_no_drop_in_is_named_and_is_no_fault(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(GOOD)
    lock = file.parent / "edgenode.d" / ".#site.toml"
    lock.parent.mkdir()
    lock.symlink_to("someone@host")

    status = main(["check", str(file)])
    printed = capsys.readouterr()
    main(["check", str(file), "--json"])

    line = f"{lock}: not read, a drop-in is named like 10-site.toml"
    assert (status, printed.err) == (0, f"{line}\n")
    assert printed.out.startswith("ok: ")
    assert json.loads(capsys.readouterr().out)["ignored"] == [line]
