"""The manifests that come with edgenode, held against the files they name."""

import hashlib
import importlib
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from edgenode.catalogue import manifest
from edgenode.catalogue.manifest import Manifest
from edgenode.catalogue.origin import origin
from edgenode.catalogue.pin import Pin
from edgenode.catalogue.pull import pull_model
from edgenode.catalogue.store import Store
from edgenode.values import KEYPOINTS

MODELS = list(manifest.every())
ROOT = Path(__file__).parent.parent.parent
COMMIT = re.compile(r"https://raw\.githubusercontent\.com/[\w.-]+/[\w.-]+/[0-9a-f]{40}/")
RELEASE = re.compile(r"https://storage\.googleapis\.com/download\.tensorflow\.org/.*_\d{2}\.zip")
CLASSIFYING = {"image-classification", "keyword-spotting"}
ORDERS = {
    "auto",
    "yolov8",
    "boxes-classes-scores-count",
    "scores-boxes-count-classes",
    "count-scores-classes-boxes",
}


@pytest.fixture(params=MODELS, ids=lambda model: model.id)
def model(request: pytest.FixtureRequest) -> Manifest:
    found: Manifest = request.param
    return found


def interpreter(path: Path):  # noqa: ANN201 of the runtime that is there
    for name in ("tflite_runtime.interpreter", "ai_edge_litert.interpreter"):
        try:
            return importlib.import_module(name).Interpreter(str(path))
        except ModuleNotFoundError:
            continue
    pytest.skip("no TFLite runtime")


def test_the_models_of_the_first_three_plugins_are_there() -> None:
    ids = {model.id for model in MODELS}

    assert ids >= {"coco-ssd-mobilenet-v1", "movenet-lightning", "ssd-mobilenet-v2-coco"}
    assert {model.id for model in MODELS if model.task == "object-detection"} >= {
        "coco-ssd-mobilenet-v1",
        "ssd-mobilenet-v2-coco",
        "ssdlite-mobiledet-coco",
    }


def test_every_url_names_a_commit_or_a_release(model: Manifest) -> None:
    for pin in model.pins.values():
        beside = not pin.url and (model.folder / pin.name).is_file()
        archive = RELEASE.fullmatch(pin.url) and pin.member
        assert beside or COMMIT.match(pin.url) or archive, pin.url


def test_a_starter_model_lies_beside_its_manifest_with_a_card(model: Manifest) -> None:
    if not model.id.startswith("starter-"):
        return

    (pin,) = model.pins.values()

    with (model.folder / pin.name).open("rb") as file:
        assert pin.fault(file) is None
    assert (model.folder / "README.md").is_file()


def test_a_file_is_pinned_alike_wherever_it_is_named() -> None:
    pins: dict[str, Pin] = {}

    for model in MODELS:
        for pin in model.pins.values():
            assert pins.setdefault(pin.digest, pin) == pin


def test_titles_and_traits_are_what_plugins_and_people_expect(model: Manifest) -> None:
    if model.task == "object-detection":
        assert model.traits["output_order"] in ORDERS
    if model.task == "pose-estimation":
        assert model.labels == KEYPOINTS
    if len(model.input.shape) == 4 and model.input.shape[3] == 3:
        assert model.traits["fit"] in {"stretch", "letterbox", "crop"}
    assert not model.title.endswith(".")


@pytest.fixture(scope="module")
def at_hand(shared: Path) -> dict[str, Path]:
    """Return the model files beside the repository by SHA-256: their names there do not matter."""
    folder = shared / "models"
    return {hashlib.sha256(path.read_bytes()).hexdigest(): path for path in folder.glob("*.tflite")}


@pytest.mark.shared
def test_the_files_at_hand_are_the_pinned_ones(model: Manifest, at_hand: dict[str, Path]) -> None:
    names = {path.name: digest for digest, path in at_hand.items()}

    for pin in model.pins.values():
        assert names.get(pin.name, pin.sha256) == pin.sha256
        if pin.sha256 in at_hand:
            with at_hand[pin.sha256].open("rb") as file:
                assert pin.fault(file) is None


@pytest.mark.shared
def test_every_model_at_hand_has_a_manifest(at_hand: dict[str, Path]) -> None:
    pinned = {pin.digest for model in MODELS for pin in model.pins.values()}

    left = {at_hand[digest].name for digest in at_hand.keys() - pinned}

    # It fails on purpose: a case for the interpreter's tests, not a model.
    assert left == {"model_invoking_error.tflite"}


@pytest.mark.shared
def test_the_declared_input_is_the_files_input(model: Manifest, at_hand: dict[str, Path]) -> None:
    for kind, pin in model.pins.items():
        if kind != "labels" and pin.digest in at_hand:
            (found,) = interpreter(at_hand[pin.digest]).get_input_details()
            assert tuple(found["shape"]) == model.input.shape
            assert found["dtype"].__name__ == model.input.dtype


@pytest.mark.shared
def test_a_classifier_has_as_many_labels_as_classes(
    shared: Path, at_hand: dict[str, Path], tmp_path: Path
) -> None:
    store, mirror = Store(tmp_path), origin(str(shared / "models"))
    classifiers = [model for model in MODELS if model.task in CLASSIFYING]

    for model in classifiers:
        if model.files.labels is not None:
            pull_model(model, "labels", store, mirror)
        for pin in (model.files.cpu, model.files.edgetpu):
            if pin is not None and pin.digest in at_hand:
                (output,) = interpreter(at_hand[pin.digest]).get_output_details()
                assert len(store.labels(model)) == output["shape"][-1], model.id


def test_the_wheel_holds_the_manifests_and_no_model_but_the_starters(tmp_path: Path) -> None:
    pytest.importorskip("hatchling")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as opened:
        opened.extractall(tmp_path / "site")
        names = opened.namelist()

    listed = subprocess.run(
        [
            sys.executable,
            "-c",
            (
                "from edgenode.catalogue import manifest, media; "
                "print(manifest.BUILT_IN, *(model.id for model in manifest.every()), "
                "*media.recordings(), sep='\\n')"
            ),
        ],
        cwd=tmp_path / "site",
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()

    assert listed[0] == str(tmp_path / "site" / "edgenode" / "models")
    assert {model.id for model in MODELS} < set(listed)
    assert "test_couple.jpg" in listed
    models = [name for name in names if name.endswith(".tflite")]
    assert all(name.startswith("edgenode/models/starter-") for name in models)
    assert not [name for name in names if "recipes" in name]
