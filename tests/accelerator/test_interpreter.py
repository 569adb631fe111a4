from pathlib import Path

import numpy as np
import pytest

from edgenode.accelerator.interpreter import Interpreter, runtime
from edgenode.errors import ModelError
from tests.model_files import build


def test_the_runtime_fits_this_python_and_numpy() -> None:
    _, _, name = runtime()

    assert name in {"tflite-runtime", "ai-edge-litert"}


def test_what_is_no_model_is_named_in_one_line() -> None:
    with pytest.raises(ModelError, match=r"^model 'rubbish' does not load: .+$"):
        Interpreter(b"rubbish" * 100, "rubbish")


def test_a_model_of_one_input_runs() -> None:
    interpreter = Interpreter(build("RELU in:?x8 -> out:?x8"), "relu")

    (gives,) = interpreter.infer(np.arange(-4, 4, dtype=np.int8).reshape(1, 8))

    # Real 0 is the zero point, which the files of these tests have at 3.
    assert gives.tolist() == [[3] * 8]


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        (
            "MAXIMUM one:1x4 other:1x4 -> out:1x4",
            r"has 2 inputs \(int8 \[1, 4\] 'one', int8 \[1, 4\] 'other'\), a node fills one",
        ),
        ("RELU w=1x4 -> out:1x4", r"has 0 inputs \(none\), a node fills one"),
        (
            "RELU in:1x?x?x3 -> out:1x?x?x3",
            r"takes int8 \[1, \?, \?, 3\]: its size is open, .*; convert it with fixed sizes",
        ),
        ("RELU in:? -> out:?", r"takes int8 \[\?\]: its size is open"),
    ],
)
def test_a_model_without_one_input_of_a_fixed_size_is_refused_with_a_cure(
    lines: str, fault: str
) -> None:
    with pytest.raises(ModelError, match=f"^model 'odd' {fault}"):
        Interpreter(build(lines), "odd")


@pytest.mark.shared
def test_a_model_with_an_unknown_operator_is_an_error_and_not_a_crash(shared: Path) -> None:
    content = (shared / "models/model_invoking_error.tflite").read_bytes()

    with pytest.raises(ModelError, match="does not load"):
        Interpreter(content, "custom")


@pytest.mark.shared
def test_specs_are_what_the_file_declares(shared: Path) -> None:
    content = (shared / "models/kws_ref_model.tflite").read_bytes()

    interpreter = Interpreter(content, "kws-ref")

    (taken,), (gives,) = interpreter.inputs, interpreter.outputs
    assert (taken.dtype, taken.shape, taken.zero_point) == ("int8", (1, 49, 10, 1), 83)
    assert (gives.dtype, gives.shape, gives.scale) == ("int8", (1, 12), 1 / 256)


@pytest.mark.shared
def test_outputs_are_copies_that_the_next_inference_leaves_alone(shared: Path) -> None:
    content = (shared / "models/kws_ref_model.tflite").read_bytes()
    interpreter = Interpreter(content, "kws-ref")
    low = np.full((1, 49, 10, 1), -128, np.int8)

    (first,) = interpreter.infer(low)
    kept = first.copy()
    interpreter.infer(-low - 1)

    assert np.array_equal(first, kept)


@pytest.mark.shared
def test_reset_makes_a_streaming_model_forget(shared: Path) -> None:
    content = (shared / "models/mww_v2_okay_nabu.tflite").read_bytes()
    interpreter = Interpreter(content, "okay-nabu")
    rng = np.random.default_rng(0)
    hops = rng.integers(-128, 127, (50, 1, 3, 40), dtype=np.int8)
    first = [int(interpreter.infer(hop)[0].item()) for hop in hops]

    interpreter.reset()
    again = [int(interpreter.infer(hop)[0].item()) for hop in hops]

    assert first == again
