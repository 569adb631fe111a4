"""`edgenode models check` and `edgenode models inspect` as people use them."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from edgenode.cli import main

Write = Callable[..., Path]

FULL = "CONV_2D in:1x8x8x3 w=4x3x3x3 b=4:int32 -> out:1x8x8x4"
PARTLY = f"{FULL}\nARG_MAX out axis=[3] -> best:1x8x8:int32"
REFUSED = "VAR_HANDLE -> handle:1:resource\nREAD_VARIABLE handle -> last:1x4"


def test_a_model_that_maps_fully_is_0(model: Write, capsys: pytest.CaptureFixture[str]) -> None:
    path = model(FULL)

    status = main(["models", "check", str(path)])

    out = capsys.readouterr().out.splitlines()
    assert status == 0
    assert out[0] == f"{path}: maps fully: 1 of 1 operators on the Edge TPU"
    assert out[1] == "  ok       8 bits"
    assert out[-4:] == [
        "  on the CPU: nothing",
        "  parameters: 0.1 KiB on the Edge TPU; cached (of 8.0 MiB, 6.0 MiB to 7.4 MiB are free)",
        "  multiply-accumulates: 0.0 M on the Edge TPU, 0.0 M on the CPU",
        "  runtime: operators documented for version 10 and later",
    ]


def test_a_model_that_maps_in_part_is_1_with_what_to_do(
    model: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    path = model(PARTLY)

    status = main(["models", "check", str(path)])

    out = capsys.readouterr().out
    assert status == 1
    assert "compiles, with part of it on the CPU: 1 of 2 operators on the Edge TPU" in out
    assert "partly   operators: ARG_MAX 'best' is not among its operators" in out
    assert "cure: give the scores out and take the greatest on the CPU" in out
    assert "on the CPU: 1 ARG_MAX" in out


def test_a_model_that_is_refused_is_2(model: Write, capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["models", "check", str(model(REFUSED))])

    out = capsys.readouterr().out
    assert status == 2
    assert "model.tflite: refused\n" in out
    assert "refused  state: VAR_HANDLE 'handle' keeps state in a resource variable" in out


def test_of_several_models_the_worst_counts(
    model: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = [model(FULL, "a.tflite"), model(PARTLY, "b.tflite"), model(FULL, "c.tflite")]

    status = main(["models", "check", "--json", *map(str, paths)])

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert status == 1
    assert [line["verdict"] for line in lines] == ["ok", "partly", "ok"]


def test_a_check_as_json_has_rules_operators_and_costs(
    model: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["models", "check", "--json", str(model(PARTLY))])

    line = json.loads(capsys.readouterr().out)
    assert [one["verdict"] for one in line["rules"]].count("partly") == 2
    assert line["operators"]["total"] == 2
    assert line["operators"]["mapped"] == 1
    assert line["operators"]["cpu"] == [
        {
            "operator": "ARG_MAX",
            "output": "best",
            "why": "ARG_MAX 'best' is not among its operators",
            "obstacles": [
                {
                    "rule": "operators",
                    "what": "ARG_MAX 'best' is not among its operators",
                    "cure": "give the scores out and take the greatest on the CPU",
                }
            ],
        }
    ]
    assert line["parameters"] == {"edgetpu": 124, "cpu": 4}
    assert line["macs"] == {"edgetpu": 6912, "cpu": 0}


def test_of_a_refused_model_all_costs_are_the_cpus(
    model: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["models", "check", "--json", str(model(f"{FULL}\n{REFUSED}"))])

    line = json.loads(capsys.readouterr().out)
    assert (line["verdict"], line["operators"]["mapped"]) == ("refused", 0)
    assert line["parameters"] == {"edgetpu": 0, "cpu": 124}
    assert line["macs"] == {"edgetpu": 0, "cpu": 6912}


@pytest.mark.parametrize("json_too", [[], ["--json"]])
def test_a_file_that_is_no_model_is_2_and_one_clear_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], json_too: list[str]
) -> None:
    (tmp_path / "cat.tflite").write_bytes(b"\x89PNG and so on")

    status = main(["models", "check", str(tmp_path / "cat.tflite"), *json_too])

    out, err = capsys.readouterr()
    error = f"{tmp_path}/cat.tflite: not a TFLite model; give a .tflite file"
    assert status == 2
    assert err == f"edgenode: {error}\n"
    assert [json.loads(line)["error"] for line in out.splitlines()] == [error] * len(json_too)


def test_parameters_that_do_not_fit_are_said_to_be_streamed(
    model: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    perhaps, surely = 6 * 1024, 10 * 1024
    paths = [
        model(f"FULLY_CONNECTED in:1x1024 w={n}x1024 -> out:1x{n}", f"{n}.tflite")
        for n in (perhaps, surely)
    ]

    main(["models", "check", *map(str, paths)])

    lines = [line for line in capsys.readouterr().out.splitlines() if " parameters: " in line]
    assert "perhaps in part streamed at each inference" in lines[0]
    assert "at least 2.6 MiB streamed at each inference" in lines[1]


@pytest.fixture
def place(
    model: Write, build: Callable[..., bytes], compiled: Callable[..., bytes], tmp_path: Path
) -> list[str]:
    """Return the options for a model that stands in both forms beside its manifest."""
    options = {"edgetpu-custom-op": compiled(cached=1 << 20, token=99)}
    files = {
        "cpu": ("one.tflite", build(FULL)),
        "edgetpu": (
            "one_edgetpu.tflite",
            build("edgetpu-custom-op in:1x8x8x3 -> out:1x8x8x4", **options),
        ),
    }
    folder = tmp_path / "models" / "one"
    folder.mkdir(parents=True)
    pins = ""
    for kind, (name, content) in files.items():
        (folder / name).write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        pins += f'[files.{kind}]\nname = "{name}"\nurl = "https://models.invalid/{name}"\n'
        pins += f'sha256 = "{digest}"\nsize = {len(content)}\n'
    (folder / "model.toml").write_text(
        'task = "of-the-test"\ntitle = "one"\nlicence = "CC0-1.0"\nsource = "me"\n'
        f'{pins}[input]\nshape = [1, 8, 8, 3]\ndtype = "int8"\n'
    )
    return ["--folder", str(tmp_path / "models"), "--store", str(tmp_path / "store")]


def test_a_model_is_checked_by_its_file_for_the_cpu(
    place: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(["models", "check", "one", *place])

    assert status == 0
    assert "one/one.tflite: maps fully" in capsys.readouterr().out


def test_a_compiled_file_is_sent_to_inspect(
    place: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(["models", "check", "one", "--kind", "edgetpu", *place])

    assert status == 2
    assert "compiled for the Edge TPU already; see `edgenode models inspect`" in (
        capsys.readouterr().err
    )


def test_a_model_is_inspected_by_its_compiled_file(
    place: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(["models", "inspect", "one", *place])

    out = capsys.readouterr().out.splitlines()
    assert status == 0
    assert out[0].endswith("one/one_edgetpu.tflite: compiled for the Edge TPU")
    assert out[1:] == [
        "  needs runtime: 13 or later (compiler: of the test)",
        "  parameters: 1.0 MiB cached, 0.0 KiB streamed at each inference",
        "  parameter-caching token: 99 (models with another one take turns in the cache)",
        "  input: int8 [1, 8, 8, 3] 'in', scale 0.5, zero point 3",
        "  output: int8 [1, 8, 8, 4] 'out', scale 0.5, zero point 3",
        "  operators on the CPU: none",
    ]


def test_an_inspection_as_json_has_packages_where_it_is_compiled(
    place: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    main(["models", "inspect", "one", "--json", *place])
    main(["models", "inspect", "one", "--json", "--kind", "cpu", *place])

    compiled, plain = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (compiled["compiled"], plain["compiled"]) == (True, False)
    assert compiled["packages"][0]["cached"] == 1 << 20
    assert "packages" not in plain
    assert plain["operators"] == {"CONV_2D": 1}
    assert plain["macs"] == 6912
    assert plain["inputs"] == [
        {"name": "in", "shape": [1, 8, 8, 3], "dtype": "int8", "scale": 0.5, "zero_point": 3}
    ]


def test_a_folder_is_answered_with_what_to_give(
    place: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = tmp_path / "models" / "one"
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare" / "b.tflite").touch()

    statuses = [main(["models", "check", str(path)]) for path in (folder, tmp_path / "bare")]

    assert statuses == [2, 2]
    assert capsys.readouterr().err.splitlines() == [
        f"edgenode: {folder} is a folder; give one --folder {folder.parent}",
        (
            f"edgenode: {tmp_path}/bare is a folder; give a file in it, such as"
            f" {tmp_path}/bare/b.tflite"
        ),
    ]


def test_models_of_the_same_token_are_said_to_be_co_compiled(
    model: Write, compiled: Callable[..., bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    paths = [
        model(
            "edgetpu-custom-op in:1x8 -> out:1x8",
            name,
            **{"edgetpu-custom-op": compiled(cached=8, token=token)},
        )
        for name, token in (("a.tflite", 5), ("b.tflite", 6), ("c.tflite", 5))
    ]

    main(["models", "inspect", *map(str, paths)])

    assert capsys.readouterr().out.splitlines()[-1] == (
        "co-compiled, they share the cache (token 5): a.tflite, c.tflite"
    )


def test_an_unknown_model_is_answered_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["models", "inspect", "movenet-lightening"])

    assert status == 1
    assert "did you mean 'movenet-lightning'?" in capsys.readouterr().err
