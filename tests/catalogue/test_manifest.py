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
        ("licence", "license", "license = 'CC0-1.0': unknown key; did you mean 'licence'?"),
        ("[traits]", "[trait]", "trait = a table: unknown key; did you mean 'traits'?"),
        ("sha256 = ", "sha265 = ", "files.cpu.sha265 = '0"),
        ("[files.cpu]", "[files.gpu]", "files.gpu = a table: unknown key; did you mean 'cpu'?"),
        ("dtype", "type", "input.type = 'uint8': unknown key; did you mean 'dtype'?"),
        ('"uint8"', '"uint9"', "input.dtype = 'uint9': must be 'float32', 'int16', 'int8' or"),
        ("size = 12", "size = -1", "files.cpu.size = -1: must be an integer at least 1"),
        ("[1, 300", "[0, 300", "input.shape[0] = 0: must be an integer at least 1"),
        ('title = "a model of ours"', "", "title: missing: one line of text"),
        (
            '"a model of ours"',
            '"a\\u001b[2Jb"',
            r"title = 'a\x1b[2Jb': must be one line of text, w",
        ),
        ('"CC0-1.0"', '"""C\nC"""', r"licence = 'C\nC': must be one line of text, without control"),
        ("sha256 =", "member =", "files.cpu = a table: a pin needs `sha256`"),
        ('labels = ["', 'labels_from = "labels"\nx = ["', "x = ['person', 'n/a', 'hot dog']: unk"),
        (
            'labels = ["person", "n/a", "hot dog"]',
            'labels_from = "labels"',
            "model.toml: `labels_from` needs [files.labels]",
        ),
        ("size = 12", f"size = {'1' * 5000}", "is no TOML: Exceeds the limit"),
        ("size = 12", f"size = {'[' * 5000}", "nested too deeply"),
        ("size = 12", "size = 1\0", "is no TOML"),
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

    with pytest.raises(ModelError, match=r"files = a table: a model needs \[files.cpu\] or"):
        manifest.find("own", [tmp_path])


def test_all_keys_that_are_missing_are_told_at_once(tmp_path: Path) -> None:
    write(tmp_path, "own", '[files.cpu]\nname = "own.tflite"\n')

    with pytest.raises(ModelError) as raised:
        manifest.find("own", [tmp_path])

    faults = str(raised.value).removeprefix(f"{tmp_path}/own/model.toml: ").split("; ")
    assert [fault.partition(":")[0] for fault in faults] == [
        *("files.cpu = a table", "task", "title", "licence", "source", "input"),
        "see docs/plugins.md",
    ]
    assert "shape and dtype, which `edgenode models inspect FILE` prints" in str(raised.value)


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b""])
def test_a_byte_order_mark_before_a_manifest_is_no_fault(tmp_path: Path, mark: bytes) -> None:
    write(tmp_path, "own")
    (tmp_path / "own" / "model.toml").write_bytes(mark + GOOD.replace("\n", "\r\n").encode())

    assert manifest.find("own", [tmp_path]).title == "a model of ours"


def test_a_manifest_in_another_encoding_says_so(tmp_path: Path) -> None:
    write(tmp_path, "own")
    (tmp_path / "own" / "model.toml").write_bytes(GOOD.encode("utf-16"))

    with pytest.raises(ModelError, match=r"own/model\.toml: is no UTF-8; save it as UTF-8"):
        manifest.find("own", [tmp_path])


def test_the_folder_of_a_model_itself_is_answered_with_the_one_above(tmp_path: Path) -> None:
    write(tmp_path, "own")

    with pytest.raises(ModelError) as raised:
        manifest.find("own", [tmp_path / "own"])

    assert str(raised.value) == (
        f"folder '{tmp_path}/own' is that of one model; name the folder above it, '{tmp_path}',"
        " and the model 'own'"
    )


def test_a_folder_without_models_is_told_when_one_is_not_found(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()

    with pytest.raises(
        ModelError, match=rf"no model 'own'; .*; '{tmp_path}/empty' has no NAME/mod"
    ):
        manifest.find("own", [tmp_path / "empty"])


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
