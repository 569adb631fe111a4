import json
from pathlib import Path

import pytest

from edgenode.cli import main

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
