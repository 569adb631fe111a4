import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from edgenode.accelerator.edgetpu import attached, open_interpreter
from edgenode.errors import DeviceError


def plug_in(devices: Path, port: str, vendor: str, product: str) -> None:
    (devices / port).mkdir()
    (devices / port / "idVendor").write_text(vendor + "\n")
    (devices / port / "idProduct").write_text(product + "\n")


def test_an_edge_tpu_is_told_by_either_of_its_two_identities(tmp_path: Path) -> None:
    plug_in(tmp_path, "1-1", "1d6b", "0002")
    plug_in(tmp_path, "2-1", "1a6e", "089a")
    plug_in(tmp_path, "2-2", "18d1", "9302")
    (tmp_path / "usb1").mkdir()

    assert attached(tmp_path) == ["waiting for its firmware", "ready"]


def test_without_one_the_error_says_why_and_what_auto_would_do(tmp_path: Path) -> None:
    with pytest.raises(DeviceError) as caught:
        open_interpreter(b"", "any", "edgetpu", tmp_path)

    assert "no Edge TPU on USB" in str(caught.value)
    assert 'device = "auto": it answers on the CPU' in str(caught.value)


def test_a_second_edge_tpu_that_is_not_there_is_counted(tmp_path: Path) -> None:
    plug_in(tmp_path, "2-2", "18d1", "9302")

    with pytest.raises(DeviceError, match="'edgetpu:1': 1 Edge TPU on USB"):
        open_interpreter(b"", "any", "edgetpu:1", tmp_path)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_missing_library_is_named(tmp_path: Path) -> None:
    plug_in(tmp_path, "2-2", "18d1", "9302")

    with pytest.raises(DeviceError, match=r"libabsent\.so\.1 does not open it"):
        open_interpreter(b"", "any", "edgetpu", tmp_path, library="libabsent.so.1")


@pytest.mark.shared
@pytest.mark.skipif(not shutil.which("gcc"), reason="no gcc to build the stand-in with")
@pytest.mark.parametrize(
    ("model", "output"),
    [
        ("mobilenet_v1_0.25_128_quant_edgetpu", (1, 1001)),
        ("voice_commands_v0.8_edgetpu", (1, 149)),
        ("movenet_single_pose_lightning_ptq_edgetpu", (1, 1, 17, 3)),
    ],
)
def test_a_compiled_model_runs_through_the_real_runtime_on_a_stand_in_library(
    shared: Path, tmp_path: Path, model: str, output: tuple[int, ...]
) -> None:
    plug_in(tmp_path, "2-1", "18d1", "9302")
    library = tmp_path / "libedgetpu.so.1"
    source = shared / "lab/edgetpu/fake_edgetpu.c"
    build = ["gcc", "-shared", "-fPIC", "-DREG_ABI=4", "-o", library, source, "-lpthread"]
    subprocess.run(build, check=True)
    content = (shared / f"models/{model}.tflite").read_bytes()

    interpreter = open_interpreter(content, model, "edgetpu", tmp_path, str(library))
    spec = interpreter.inputs[0]
    (answer,) = interpreter.infer(np.zeros(spec.shape, spec.dtype))

    assert answer.shape == output
