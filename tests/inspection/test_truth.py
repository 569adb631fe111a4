"""What the compiler really did to real models, and what is predicted from the originals."""

from collections import Counter
from pathlib import Path

import pytest

from edgenode.inspection import flat, package, rules
from edgenode.inspection.graph import COMPILED, Operator

pytestmark = pytest.mark.shared

BOTH_FORMS = {
    "movenet_single_pose_lightning_ptq": 59,
    "deeplabv3_mnv2_dm05_pascal_quant": 8,
    "mobilenet_v1_0.25_128_quant": 0,
    "mobilenet_v1_1.0_224_quant_embedding_extractor": 0,
}


def checked(path: Path) -> rules.Report:
    return rules.check(flat.load(path), path.name)


def known_as(operator: Operator) -> tuple[str, tuple[str, ...]]:
    return operator.name, tuple(tensor.name for tensor in operator.outputs)


@pytest.mark.parametrize(("name", "count"), BOTH_FORMS.items())
def test_the_operators_that_the_compiler_left_on_the_cpu_are_those_predicted(
    shared: Path, name: str, count: int
) -> None:
    compiled = flat.load(shared / "models" / f"{name}_edgetpu.tflite").main

    report = checked(shared / "models" / f"{name}.tflite")

    left = Counter(known_as(one.operator) for one in report.mapping.left)
    assert left == Counter(known_as(one) for one in compiled.operators if one.name != COMPILED)
    assert left.total() == count


@pytest.mark.parametrize("name", BOTH_FORMS)
def test_the_edge_tpus_part_gives_out_the_tensors_that_are_predicted(
    shared: Path, name: str
) -> None:
    model = flat.load(shared / "models" / f"{name}.tflite")
    compiled = flat.load(shared / "models" / f"{name}_edgetpu.tflite").main

    report = rules.check(model, name)

    (part,) = [one for one in compiled.operators if one.name == COMPILED]
    made = {tensor.name for one in report.mapping.mapped for tensor in one.outputs}
    wanted = {t.name for one in report.mapping.left for t in one.operator.inputs if t}
    wanted |= {tensor.name for tensor in model.main.outputs}
    assert {tensor.name for tensor in part.outputs} == made & wanted


@pytest.mark.parametrize(
    "name",
    [
        "kws_ref_model",
        "keras_lstm_mnist_ptq",
        "mobilenet_v2_1.0_224_quant",
        "posenet_mobilenet_v1_075_353_481_quant",
    ],
)
def test_these_map_fully(shared: Path, name: str) -> None:
    report = checked(shared / "models" / f"{name}.tflite")

    assert report.verdict == "ok"


def test_a_microwakeword_model_is_refused_for_its_resource_variables(shared: Path) -> None:
    reports = [checked(path) for path in (shared / "models").glob("mww_v2_*.tflite")]

    states = [one for report in reports for one in report.results if one.rule == "state"]
    assert len(reports) > 0
    assert {report.verdict for report in reports} == {"refused"}
    assert {state.verdict for state in states} == {"refused"}
    assert all("keeps state in a resource variable" in state.what for state in states)
    assert all("run it on the CPU" in state.cure for state in states)


def test_the_detections_post_processing_alone_stays_on_the_cpu(shared: Path) -> None:
    report = checked(shared / "models/coco_ssd_mobilenet_v1_1.0_quant_2018_06_29.tflite")

    assert report.verdict == "partly"
    assert [one.operator.name for one in report.mapping.left] == ["TFLite_Detection_PostProcess"]


def test_of_a_model_with_float_ends_the_ends_alone_stay_on_the_cpu(shared: Path) -> None:
    report = checked(shared / "models/yamnet.tflite")

    assert report.verdict == "partly"
    assert [one.operator.name for one in report.mapping.left] == ["QUANTIZE", "DEQUANTIZE"]
    assert report.results[0].what.startswith("QUANTIZE works on float32 [1, 96, 64]")


def test_a_model_of_an_unknown_operator_is_refused(shared: Path) -> None:
    report = checked(shared / "models/model_invoking_error.tflite")

    assert report.verdict == "refused"


@pytest.mark.parametrize(
    ("name", "figures"),
    [
        ("movenet_single_pose_lightning_ptq_edgetpu", (12, 2_862_656, 2_368, 0)),
        ("voice_commands_v0.8_edgetpu", (10, 487_168, 0, 170_853)),
    ],
)
def test_what_compiled_models_need_and_cache_is_read(
    shared: Path, name: str, figures: tuple[int, int, int, int]
) -> None:
    model = flat.load(shared / "models" / f"{name}.tflite")

    (found,) = package.packages(model, name)

    assert (found.minimum_runtime, found.cached, found.streamed, found.cycles) == figures


def test_models_that_were_compiled_together_have_the_same_token(shared: Path) -> None:
    paths = [*(shared / "models").glob("*_cocompiled_with_*.tflite")]

    tokens = [package.packages(flat.load(path), path.name)[0].token for path in paths]

    assert tokens == [16340017111409818219] * 2
