from pathlib import Path

import pytest

from edgenode.catalogue import manifest
from edgenode.errors import ModelError

GOOD = """
task = "object-detection"
title = "a model of ours"
licence = "CC0-1.0"
source = "made in this test"
labels = ["person", "n/a", "hot dog"]

[files.cpu]
name = "own.tflite"
url = "https://models.example/own.tflite"
sha256 = "0000000000000000000000000000000000000000000000000000000000000000"
size = 12

[input]
shape = [1, 300, 300, 3]
dtype = "uint8"

[traits]
fit = "stretch"
front_end = { window_ms = 30 }
"""


def write(root: Path, name: str, text: str = GOOD) -> Path:
    (root / name).mkdir(parents=True)
    (root / name / "model.toml").write_text(text)
    return root


def test_a_manifest_is_read_whole(tmp_path: Path) -> None:
    write(tmp_path, "own-model")

    model = manifest.find("own-model", [tmp_path])

    assert (model.id, model.folder) == ("own-model", tmp_path / "own-model")
    assert model.labels == ("person", "n/a", "hot dog")
    assert list(model.pins) == ["cpu"]
    assert model.input.shape == (1, 300, 300, 3)
    assert model.traits == {"fit": "stretch", "front_end": {"window_ms": 30}}


@pytest.mark.parametrize(
    ("good", "bad", "fault"),
    [
        ("licence", "license", "unknown key 'license'; did you mean 'licence'?"),
        ("[traits]", "[trait]", "unknown key 'trait'; did you mean 'traits'?"),
        ("sha256", "sha265", "unknown key 'files.cpu.sha265'; did you mean 'sha256'?"),
        ("[files.cpu]", "[files.gpu]", "unknown key 'files.gpu'; did you mean 'cpu'?"),
        ("dtype", "type", "unknown key 'input.type'; did you mean 'dtype'?"),
        ('"uint8"', '"uint9"', "input.dtype: Invalid enum value 'uint9'"),
        ("size = 12", "size = -1", "files.cpu.size: Expected `int` >= 1"),
        ("[1, 300", "[0, 300", "input.shape[0]: Expected `int` >= 1"),
        ('title = "a model of ours"', "", "Object missing required field `title`"),
        ("sha256 =", "member =", "files.cpu: a pin needs `sha256`"),
        ('labels = ["', 'labels_from = "labels"\nx = ["', "unknown key 'x'"),
        ('labels = ["person", "n/a", "hot dog"]', 'labels_from = "labels"', "`labels_from` needs"),
        ("[input]", "[input", "Expected ']' at the end of a table declaration"),
    ],
)
def test_a_fault_is_named_with_file_key_and_nearest_right_name(
    tmp_path: Path, good: str, bad: str, fault: str
) -> None:
    write(tmp_path, "own", GOOD.replace(good, bad, 1))

    with pytest.raises(ModelError) as raised:
        manifest.find("own", [tmp_path])

    assert str(raised.value).startswith(f"{tmp_path}/own/model.toml: ")
    assert fault in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_model_without_a_file_to_run_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "own", GOOD.replace("[files.cpu]", "[files.labels]"))

    with pytest.raises(ModelError, match=r"files: a model needs \[files.cpu\] or"):
        manifest.find("own", [tmp_path])


def test_an_id_that_cannot_be_in_a_topic_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "Own_Model")

    with pytest.raises(ModelError, match="model id 'Own_Model' must be of a-z, 0-9 and '-'"):
        manifest.find("Own_Model", [tmp_path])


def test_own_folders_go_before_the_built_in_one(tmp_path: Path) -> None:
    write(tmp_path / "first", "movenet-lightning")
    write(tmp_path / "second", "movenet-lightning")

    model = manifest.find("movenet-lightning", [tmp_path / "first", str(tmp_path / "second")])

    assert model.folder == tmp_path / "first" / "movenet-lightning"


def test_an_unknown_model_is_answered_with_the_nearest() -> None:
    with pytest.raises(
        ModelError, match="no model 'movenet-light'; did you mean 'movenet-lightning'"
    ):
        manifest.find("movenet-light")
    with pytest.raises(ModelError, match="no model 'qqq'; see `edgenode models list`"):
        manifest.find("qqq")


def test_a_folder_that_is_not_there_is_named() -> None:
    with pytest.raises(ModelError, match="no folder '/no/such' to search for models"):
        manifest.find("movenet-lightning", ["/no/such"])


def test_a_bad_manifest_does_not_hide_the_others(tmp_path: Path) -> None:
    write(tmp_path, "bad", "nonsense")
    write(tmp_path, "good")

    model = manifest.find("good", [tmp_path])

    assert model.title == "a model of ours"
