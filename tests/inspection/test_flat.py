from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from edgenode.errors import ModelError
from edgenode.inspection import cost, flat, package, rules

Build = Callable[..., bytes]

LINES = """
CONV_2D picture:1x8x8x3 weights=4x3x3x3 bias=4:int32 -> features:1x8x8x4
MEAN features axes=[1,2] -> means:1x4
FULLY_CONNECTED means dense=2x4 -> scores:1x2
"""


def test_a_file_is_read_into_operators_on_tensors(build: Build) -> None:
    model = flat.read(build(LINES), "m")

    (graph,) = model.graphs
    conv, mean, _ = graph.operators
    assert [operator.name for operator in graph.operators] == ["CONV_2D", "MEAN", "FULLY_CONNECTED"]
    assert [str(tensor) for tensor in graph.inputs] == ["int8 [1, 8, 8, 3] 'picture'"]
    assert [str(tensor) for tensor in graph.outputs] == ["int8 [1, 2] 'scores'"]
    assert (graph.inputs[0].scales, graph.inputs[0].zero_points) == ((0.5,), (3,))
    assert [tensor.name for tensor in conv.constants] == ["weights", "bias"]
    assert mean.constants[0].integers == (1, 2)


def test_options_open_sizes_variables_and_custom_operators_are_read(build: Build) -> None:
    lines = """
    MAX_POOL_2D in:?x8x8x3 -> small:?x4x4x3 Pool2DOptions.FusedActivationFunction=1
    my-op small state~1x4:int16 -> out:1x4
    """

    model = flat.read(build(lines, **{"my-op": b"whatever"}), "m")

    pool, custom = model.main.operators
    assert pool.options == {"FusedActivationFunction": 1}
    assert (pool.outputs[0].shape, pool.outputs[0].signature) == ((1, 4, 4, 3), (-1, 4, 4, 3))
    assert (custom.name, custom.is_custom, custom.custom_options) == ("my-op", True, b"whatever")
    assert [tensor.is_variable for tensor in custom.activations] == [False, True, False]


def test_graphs_that_are_called_are_read_as_well(build: Build) -> None:
    model = flat.read(build("CALL_ONCE ->\nRELU in:1x2 -> out:1x2\n---\nRELU a:1 -> b:1"), "m")

    assert [len(graph.operators) for graph in model.graphs] == [2, 1]


def test_what_is_no_model_is_named_with_the_cure(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("TFL3 is what these files begin with")

    with pytest.raises(ModelError) as refused:
        flat.load(tmp_path / "notes.txt")
    with pytest.raises(ModelError) as absent:
        flat.load(tmp_path / "none.tflite")

    assert str(refused.value).endswith("notes.txt: not a TFLite model; give a .tflite file")
    assert "none.tflite: No such file or directory; give the path" in str(absent.value)


def test_a_model_of_nothing_is_refused(build: Build) -> None:
    with pytest.raises(ModelError, match="m: a TFLite file without operators"):
        flat.read(build(""), "m")


def fault(content: bytes) -> str:
    """Do with a file all that the commands do; return what is wrong with it."""
    try:
        model = flat.read(content, "m")
        package.packages(model, "m")
        cost.macs(model.main.operators)
        if not model.is_compiled:
            rules.check(model, "m")
    except ModelError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("seed", range(4))
def test_a_damaged_file_is_one_clear_error_or_another_model(
    build: Build, compiled: Callable[..., bytes], seed: int
) -> None:
    chance = np.random.default_rng(seed)
    lines = """
    TRANSPOSE_CONV shape=[1,8,8,3] w=3x2x2x4 in:1x4x4x4 -> a:1x8x8x3
    SPLIT axis=[3] a -> b:1x8x8x1 c:1x8x8x2
    RESIZE_BILINEAR b size=[16,16] -> d:1x16x16x1
    UNIDIRECTIONAL_SEQUENCE_LSTM c w=4x2 v=4x2 -> e:1x4
    """
    options = {"edgetpu-custom-op": compiled(cached=9)}
    files = (build(LINES), build(lines), build("edgetpu-custom-op a:1 -> b:1", **options))

    faults = [fault(damaged(file, chance)) for file in files for _ in range(150)]

    assert sum(map(bool, faults)) > 50
    assert {one.startswith("m: ") and "\n" not in one for one in faults if one} == {True}


def damaged(content: bytes, chance: np.random.Generator) -> bytes:
    """Return a file with some bytes changed, or cut short, or both."""
    wrong = bytearray(content)
    for place in chance.integers(8, len(wrong), chance.choice((0, 1, 2, 9))):
        wrong[place] = chance.choice((0, 1, 127, 255))
    return bytes(wrong[: chance.integers(8, len(wrong)) if chance.random() < 0.3 else None])


@pytest.mark.shared
def test_real_models_cut_short_are_one_clear_error_or_another_model(shared: Path) -> None:
    chance = np.random.default_rng(0)
    files = [path.read_bytes() for path in sorted((shared / "models").glob("*.tflite"))]

    faults = [fault(file[: chance.integers(len(file))]) for file in files for _ in range(4)]

    assert sum(map(bool, faults)) > 20
    assert {one.startswith("m: ") and "\n" not in one for one in faults if one} == {True}
