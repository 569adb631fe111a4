import hashlib
import io
import json
from pathlib import Path

import pytest

from edgenode.cli import main
from edgenode.cli.bar import Bar
from tests.model_files import Writer

WEIGHTS = {name: Writer({}).write([f"RELU {name}:1x2 -> out:1x2"]) for name in ("one", "two")}
LABELS = b"person\nn/a\n"


def pinned(name: str, content: bytes) -> str:
    return (
        f'name = "{name}"\nurl = "https://models.invalid/{name}"\n'
        f'sha256 = "{hashlib.sha256(content).hexdigest()}"\nsize = {len(content)}\n'
    )


@pytest.fixture
def place(tmp_path: Path) -> list[str]:
    """Return the options for two models of one folder, a mirror with their files, a store."""
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    (mirror / "labels.txt").write_bytes(LABELS)
    for name, weights in WEIGHTS.items():
        folder = tmp_path / "models" / name
        folder.mkdir(parents=True)
        (mirror / f"{name}.tflite").write_bytes(weights)
        (folder / "model.toml").write_text(
            f'task = "of-the-test"\ntitle = "number {name}"\nlicence = "CC0-1.0"\nsource = "me"\n'
            f'labels_from = "labels"\n[files.cpu]\n{pinned(f"{name}.tflite", weights)}'
            f"[files.labels]\n{pinned('labels.txt', LABELS)}"
            '[input]\nshape = [1, 2]\ndtype = "uint8"\n'
        )
    return ["--folder", str(tmp_path / "models"), "--store", str(tmp_path / "store")]


@pytest.fixture
def mirror(tmp_path: Path) -> list[str]:
    return ["--mirror", str(tmp_path / "mirror")]


def test_the_list_shows_what_is_pulled(
    place: list[str], mirror: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    main(["models", "pull", "one", *place, *mirror])
    capsys.readouterr()

    status = main(["models", "list", "--task", "of-the-test", *place])

    one, two, note = capsys.readouterr().out.splitlines()
    assert status == 0
    assert " ".join(one.split()) == (
        "one of-the-test cpu labels 0.4 KiB CC0-1.0 number one (no plugin here runs it)"
    )
    assert " ".join(two.split()) == (
        "two of-the-test (cpu) labels 0.4 KiB CC0-1.0 number two (no plugin here runs it)"
    )
    assert note.startswith("(in brackets: not pulled yet; the store is ")


def test_the_list_as_json_is_one_model_a_line(
    place: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(["models", "list", "--json", "--task", "of-the-test", *place])

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert status == 0
    assert [line["id"] for line in lines] == ["one", "two"]
    assert lines[0]["files"]["cpu"]["pulled"] is False
    assert lines[0]["files"]["cpu"]["size"] == len(WEIGHTS["one"])
    assert lines[0]["licence"] == "CC0-1.0"


def test_the_list_without_options_shows_the_built_in_models(
    capsys: pytest.CaptureFixture[str],
) -> None:
    status = main(["models", "list"])

    out = capsys.readouterr().out
    assert status == 0
    assert "movenet-lightning" in out


def test_the_list_says_which_models_a_plugin_here_runs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    main(["models", "list", "--json"])
    by_id = {(one := json.loads(line))["id"]: one for line in capsys.readouterr().out.splitlines()}
    main(["models", "list"])
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}

    assert by_id["movenet-lightning"]["plugins"] == ["pose-estimation"]
    assert by_id["posenet-mobilenet-v1"]["plugins"] == []
    assert by_id["deeplab-mnv2-dm05"]["plugins"] == []
    assert not lines["movenet-lightning"].endswith("(no plugin here runs it)")
    assert lines["posenet-mobilenet-v1"].endswith("(no plugin here runs it)")


def test_an_unknown_task_is_answered_with_those_there_are(
    place: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(["models", "list", "--task", "tea-making", *place])

    assert status == 1
    assert "no model for task 'tea-making'; there are " in capsys.readouterr().err


def test_pulling_a_task_fetches_each_shared_file_once(
    place: list[str], mirror: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    status = main(["models", "pull", "--task", "of-the-test", *place, *mirror])

    out = capsys.readouterr().out.splitlines()
    assert status == 0
    assert [line.split(":")[0] for line in out] == ["one cpu", "one labels", "two cpu"]
    assert all(Path(line.split(": ")[1]).is_relative_to(tmp_path / "store") for line in out)


def test_a_pull_goes_on_past_a_failure_and_says_what_it_could_not_get(
    place: list[str], mirror: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "mirror" / "one.tflite").unlink()

    status = main(["models", "pull", "one", "two", *place, *mirror])

    out, err = capsys.readouterr()
    assert status == 1
    assert [line.split(":")[0] for line in out.splitlines()] == ["one labels", "two cpu"]
    assert "could not get:\n  one cpu: 'one.tflite' is not in the mirror" in err
    assert "--mirror FOLDER" in err


def test_a_pull_as_json_has_a_line_per_file_with_its_fate(
    place: list[str], mirror: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "mirror" / "one.tflite").write_bytes(b"TFL3 eno")

    status = main(["models", "pull", "one", "--json", *place, *mirror])

    cpu, labels = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert status == 1
    assert (cpu["kind"], cpu["ok"]) == ("cpu", False)
    assert "'one.tflite' is not in the mirror" in cpu["error"]
    assert (labels["kind"], labels["ok"], labels["error"]) == ("labels", True, None)


def test_only_the_wanted_kind_is_pulled(
    place: list[str], mirror: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    main(["models", "pull", "one", "two", "--kind", "labels", *place, *mirror])

    assert [line.split(":")[0] for line in capsys.readouterr().out.splitlines()] == ["one labels"]


def test_a_pull_of_nothing_in_particular_is_wrong_use(
    place: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(["models", "pull", *place])

    assert status == 2
    assert capsys.readouterr().err == "edgenode: name a model, or give --all or --task\n"


def test_a_pull_into_a_folder_that_anyone_may_change_is_one_line_and_fetches_nothing(
    place: list[str], mirror: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "store").mkdir()
    (tmp_path / "store").chmod(0o777)

    status = main(["models", "pull", "one", "two", *place, *mirror])

    (line,) = capsys.readouterr().err.splitlines()
    assert status == 1
    cure = "`chmod go-w` it, or give another folder with --store"
    assert line.endswith(f"can be changed by anyone; {cure}")
    assert list((tmp_path / "store").iterdir()) == []


def test_an_unknown_model_is_answered_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["models", "pull", "movenet-lightening"])

    assert status == 1
    assert capsys.readouterr().err == (
        "edgenode: no model 'movenet-lightening'; did you mean 'movenet-lightning'?\n"
    )


def test_verify_finds_a_damaged_file(
    place: list[str], mirror: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    main(["models", "pull", "one", *place, *mirror])
    assert main(["models", "verify", *place]) == 0
    (stored,) = (tmp_path / "store").rglob("one.tflite")
    stored.write_bytes(WEIGHTS["one"][::-1])
    capsys.readouterr()

    status = main(["models", "verify", *place])

    out, err = capsys.readouterr()
    assert status == 1
    assert f"one cpu: {stored}: sha256 is " in err
    assert "remove the file and run `edgenode models pull one`" in err
    assert "one labels: " in out


def test_verify_by_name_misses_what_is_not_pulled(
    place: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", "verify", *place]) == 0
    assert "two" not in capsys.readouterr().out

    status = main(["models", "verify", "two", "--json", *place])

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert status == 1
    assert [(line["id"], line["kind"], line["ok"]) for line in lines] == [
        ("two", "cpu", False),
        ("two", "labels", False),
    ]


def test_verify_reads_the_labels_and_names_the_line_that_cannot_be_published(
    place: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = tmp_path / "models" / "one"
    manifest = (folder / "model.toml").read_text()
    content = b"person\n\ncar\n"
    (folder / "labels.txt").write_bytes(content)
    wrong = manifest.replace(pinned("labels.txt", LABELS), pinned("labels.txt", content))
    (folder / "model.toml").write_text(wrong)

    status = main(["models", "verify", "--kind", "labels", "one", *place])

    assert status == 1
    assert capsys.readouterr().err == (
        f"one labels: {folder}/labels.txt: line 2 is empty; write the name of that class, or ???"
        " if it has none\n"
    )


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_a_bar_grows_and_leaves_no_trace() -> None:
    screen = Terminal()
    bar = Bar("model.tflite", screen)

    bar(1 << 20, 2 << 20)
    bar(2 << 20, 2 << 20)
    bar.erase()

    assert "[############............]  50 % model.tflite 1.0 MiB" in screen.getvalue()
    assert screen.getvalue().endswith("\r\x1b[K")
    assert screen.getvalue().count("%") == 1


def test_without_a_terminal_there_is_no_bar() -> None:
    log = io.StringIO()
    bar = Bar("model.tflite", log)

    bar(1, 2)
    bar.erase()

    assert log.getvalue() == ""
