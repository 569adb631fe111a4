"""From a manifest to a model in memory, and all that may be wrong on the way."""

import hashlib
from pathlib import Path

import msgspec
import numpy as np
import pytest

from edgenode import plugin
from edgenode.catalogue import manifest
from edgenode.catalogue.store import Store
from edgenode.errors import DeviceError, ModelError
from edgenode.sense.loading import load
from edgenode.sense.plugins.object_detection import ObjectDetection
from tests.sense.manifests import own_model


def test_a_model_that_is_not_pulled_is_named_with_the_cure(store: Store) -> None:
    message = "the cpu file of model 'kws-ref' is not pulled; `edgenode models pull kws-ref`"

    with pytest.raises(ModelError, match=f"^{message}$"):
        load(manifest.find("kws-ref"), store)


def test_a_model_with_a_wrong_hash_is_refused(store: Store) -> None:
    wanted = manifest.find("kws-ref")
    place = store.locate(wanted, "cpu")
    place.parent.mkdir(parents=True)
    place.write_bytes(b"x" * 53936)

    with pytest.raises(ModelError, match="remove the file and run `edgenode models pull kws-ref`"):
        load(wanted, store)


def test_a_file_that_is_no_model_is_one_line(tmp_path: Path, store: Store) -> None:
    message = "^model 'own-model': not a TFLite model; give a .tflite file$"
    with pytest.raises(ModelError, match=message):
        load(own_model(tmp_path, b"rubbish" * 100), store)


def test_a_model_for_the_edge_tpu_only_says_so_on_the_cpu(tmp_path: Path, store: Store) -> None:
    only = own_model(tmp_path, kind="edgetpu")

    for device in ("cpu", "auto"):
        with pytest.raises(
            ModelError, match="'own-model' exists for the Edge TPU only: set device"
        ):
            load(only, store, device)


def test_a_model_for_the_cpu_only_says_so_on_the_edge_tpu(tmp_path: Path, store: Store) -> None:
    with pytest.raises(
        ModelError, match="'own-model' is not compiled for the Edge TPU: use another"
    ):
        load(own_model(tmp_path), store, "edgetpu")


def test_an_edge_tpu_that_is_not_there_is_said_before_the_file_is_asked_for(
    tmp_path: Path, store: Store
) -> None:
    only = own_model(tmp_path, kind="edgetpu")

    with pytest.raises(DeviceError, match=r"^device 'edgetpu:7': .* on USB .*; plug it in$"):
        load(only, store, "edgetpu:7")


@pytest.mark.shared
@pytest.mark.parametrize(
    ("file", "shape", "found"),
    [
        ("yamnet.tflite", (1, 96, 64), r"float32 \[1, 96, 64\]"),
        ("kws_ref_model.tflite", (1, 49, 10, 1), r"int8 \[1, 49, 10, 1\]"),
        ("mobilenet_v1_0.25_128_quant.tflite", (1, 224, 224, 3), r"uint8 \[1, 128, 128, 3\]"),
    ],
)
def test_a_model_that_is_not_what_its_manifest_declares_is_refused(
    shared: Path, tmp_path: Path, file: str, shape: tuple[int, ...], found: str
) -> None:
    strange = own_model(tmp_path, (shared / "models" / file).read_bytes(), shape=list(shape))

    message = f"^model 'own-model' takes {found}, its manifest declares uint8 .*model.toml'$"
    with pytest.raises(ModelError, match=message):
        load(strange, Store(tmp_path / "store"))


@pytest.mark.shared
def test_a_float_model_is_no_model_of_a_picture_plugin(
    shared: Path, tmp_path: Path, store: Store
) -> None:
    content = (shared / "models/yamnet.tflite").read_bytes()
    loaded = load(own_model(tmp_path, content, shape=[1, 96, 64], dtype="float32"), store)

    with pytest.raises(ModelError, match=r"takes float32.*a picture plugin needs uint8 or int8"):
        ObjectDetection(ObjectDetection.Options(source="front", model="own-model"), loaded.model)


@pytest.mark.shared
def test_what_is_loaded_is_told_to_the_plugin_and_to_the_birth(
    shared: Path, tmp_path: Path, store: Store
) -> None:
    content = (shared / "models/kws_ref_model.tflite").read_bytes()

    loaded = load(own_model(tmp_path, content, shape=[1, 49, 10, 1], dtype="int8"), store, "auto")

    assert loaded.model.labels == loaded.meta.labels == ("a", "b")
    assert loaded.model.input.shape == loaded.meta.input == (1, 49, 10, 1)
    assert loaded.meta.sha256 == hashlib.sha256(content).hexdigest()
    (scores,) = loaded.interpreter.infer(np.zeros((1, 49, 10, 1), np.int8))
    assert (
        plugin.TensorSpec(
            name=loaded.model.outputs[0].name,
            shape=scores.shape,
            dtype="int8",
            scale=1 / 256,
            zero_point=-128,
        )
        == loaded.model.outputs[0]
    )


@pytest.mark.parametrize(("label", "fault"), [("x" * 65, "at most 64"), ("", "is empty")])
def test_a_label_that_may_not_be_published_is_a_fault_of_its_model(
    tmp_path: Path, store: Store, label: str, fault: str
) -> None:
    digits = manifest.find("starter-digits")
    content = (digits.folder / "starter-digits.tflite").read_bytes()
    wanted = own_model(tmp_path, content, shape=list(digits.input.shape), dtype=digits.input.dtype)

    with pytest.raises(ModelError, match=rf"own-model/model.toml: labels\[1\].*{fault}"):
        load(msgspec.structs.replace(wanted, labels=("a", label)), store)
