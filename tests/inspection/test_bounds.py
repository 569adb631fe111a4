"""Files that are small and stand for gigabytes, or whose numbers and names are meant to harm."""

import json
import os
from pathlib import Path

import pytest

from edgenode.cli import main
from edgenode.errors import ModelError
from edgenode.inspection import flat
from tests.inspection.crafted import ENDLESS, crafted
from tests.model_files import BUILTINS

LARGEST = 2**31 - 1


@pytest.mark.parametrize("what", sorted(set(ENDLESS) - {"much in a buffer"}))
def test_a_file_that_refers_to_the_same_bytes_without_end_is_refused(what: str) -> None:
    with pytest.raises(ModelError, match=r"^m: (more than|names, options|a graph|a tensor of)"):
        flat.read(crafted(**ENDLESS[what]), "m")


def test_each_buffer_is_read_once() -> None:
    model = flat.read(crafted(**ENDLESS["much in a buffer"]), "m")

    contents = {id(tensor.content) for tensor in (*model.main.inputs, *model.main.outputs)}
    assert len(contents) == 1


def test_an_operator_that_this_version_does_not_know_is_no_damage() -> None:
    relu, unknown = (code.to_bytes(4, "little") for code in (BUILTINS["RELU"], 987))
    content = crafted(operators=2).replace(relu, unknown)

    assert {one.name for one in flat.read(content, "m").main.operators} >= {"operator 987"}


@pytest.mark.parametrize("action", ["check", "inspect"])
@pytest.mark.parametrize("style", [(), ("--json",)])
@pytest.mark.parametrize(
    "values",
    [
        {"shape": [LARGEST] * 16, "alternates": "CONV_2D", "reads": [0, 0]},
        {"shape": [LARGEST] * 16, "alternates": "FULLY_CONNECTED", "buffer": b"\3" * 40},
        {"shape": [LARGEST] * 16, "alternates": "UNIDIRECTIONAL_SEQUENCE_LSTM", "reads": [0] * 20},
        {"shape": [-5, -LARGEST], "alternates": "CONV_2D", "buffer": b"\3" * 40, "reads": [0, 0]},
        {"shape": [0, 0], "alternates": "SOFTMAX"},
        {"scales": [float("nan"), float("inf")]},
        {"alternates": "MEAN", "buffer": b"\xff" * 4000, "reads": [0, 0]},
    ],
    ids=lambda values: f"{values.get('alternates', 'scales')} {str(values.get('shape'))[:6]}",
)
def test_no_number_in_a_file_is_too_large_for_the_commands(
    values: dict[str, object],
    action: str,
    style: tuple[str, ...],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "m.tflite").write_bytes(crafted(operators=40, **values))

    status = main(["models", action, *style, str(tmp_path / "m.tflite")])

    out, err = capsys.readouterr()
    assert (status, err) in {(0, ""), (1, ""), (2, "")}
    assert not style or json.loads(out, parse_constant=pytest.fail)


@pytest.mark.parametrize("action", ["check", "inspect"])
def test_names_in_a_file_reach_no_terminal_as_control_characters(
    action: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    evil = b"\x1b[2J\r\n12:00:00 forged \xe2\x80\xae\xff" + b"x" * 2000
    (tmp_path / "m.tflite").write_bytes(crafted(operators=4, name=evil, custom=evil, options=b"x"))

    main(["models", action, str(tmp_path / "m.tflite")])

    out, err = capsys.readouterr()
    assert "forged" in out
    assert all(line.isprintable() and len(line) < 3000 for line in (out + err).splitlines())
    assert not any(line.startswith("12:00") for line in out.splitlines())


def test_what_is_no_file_or_has_no_end_is_named(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.tflite")

    for path, fault in {
        tmp_path / "pipe.tflite": "not a regular file",
        Path("/dev/zero"): "not a regular file",
        tmp_path: "Is a directory",
        tmp_path / ("n" * 300): "File name too long",
    }.items():
        with pytest.raises(ModelError, match=f"{fault}; give the path of a .tflite file"):
            flat.load(path)


@pytest.mark.parametrize("action", ["check", "inspect"])
def test_a_name_too_long_for_a_file_is_one_line(
    action: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(["models", action, "n" * 300])

    assert status in {1, 2}
    assert capsys.readouterr().err.startswith("edgenode: no model 'nnn")
