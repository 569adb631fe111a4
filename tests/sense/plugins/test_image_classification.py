from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgenode import plugin
from edgenode.accelerator.interpreter import Interpreter
from edgenode.sense.plugins.image_classification import ClassificationOptions, ImageClassification
from edgenode.testing import FakeModel, drive, frames

LABELS = ("background", "cat", "dog", "owl")
IMAGE = plugin.TensorSpec(name="image", shape=(1, 32, 32, 3), dtype="uint8")
# As MobileNet's softmax is quantised.
SCORES = plugin.TensorSpec(name="softmax", shape=(1, 4), dtype="uint8", scale=1 / 256)


def classifier(
    output: plugin.TensorSpec = SCORES,
    options: dict[str, Any] | None = None,
    labels: tuple[str, ...] = LABELS,
    **traits: Any,  # noqa: ANN401
) -> ImageClassification:
    model = plugin.Model(id="mine", labels=labels, input=IMAGE, outputs=(output,), traits=traits)
    return ImageClassification(ClassificationOptions(source="front", **(options or {})), model)


def frame(value: int = 0) -> plugin.Frame:
    return plugin.Frame(pixels=np.full((32, 32, 3), value, np.uint8), captured_at=0.0)


def said(findings: tuple[plugin.Finding, ...]) -> list[tuple[str, float]]:
    return [(f.label, round(f.score, 3)) for f in findings if isinstance(f, plugin.Category)]


def test_the_best_labels_are_said_best_first_with_their_scores() -> None:
    output = np.array([[10, 64, 176, 6]], np.uint8)

    findings = classifier(options={"top_k": 2}).decode([output], frame())

    assert said(findings) == [("dog", 0.688), ("cat", 0.25)]


def test_an_int8_and_a_float_model_say_the_same() -> None:
    signed = plugin.TensorSpec(
        name="softmax", shape=(1, 4), dtype="int8", scale=1 / 256, zero_point=-128
    )
    floats = plugin.TensorSpec(name="softmax", shape=(1, 1, 1, 4), dtype="float32")
    real = np.array([[[[0.0, 0.25, 0.6875, 0.0625]]]], np.float32)

    first = classifier(signed).decode([np.array([[-128, -64, 48, -112]], np.int8)], frame())
    second = classifier(floats).decode([real], frame())

    assert said(first) == said(second) == [("dog", 0.688), ("cat", 0.25), ("owl", 0.062)]


def test_the_background_and_what_scores_nothing_are_no_findings() -> None:
    output = np.array([[200, 50, 0, 0]], np.uint8)

    findings = classifier(background=["background"]).decode([output], frame())

    assert said(findings) == [("cat", 0.195)]


def test_of_equal_scores_the_first_label_is_the_better_one() -> None:
    output = np.array([[0, 80, 80, 80]], np.uint8)

    findings = classifier(options={"top_k": 2}).decode([output], frame())

    assert [label for label, _ in said(findings)] == ["cat", "dog"]


def test_what_is_no_number_scores_nothing() -> None:
    floats = plugin.TensorSpec(name="softmax", shape=(1, 4), dtype="float32")
    output = np.array([[np.nan, 0.4, np.nan, 1.0000001]], np.float32)

    findings = classifier(floats).decode([output], frame())

    assert said(findings) == [("owl", 1.0), ("cat", 0.4)]


def test_labels_and_threshold_leave_what_was_asked_for_and_then_its_end() -> None:
    answers = [
        [np.array([[0.0, 0.1, 0.8, 0.1]], np.float32)],
        [np.array([[0.0, 0.8, 0.1, 0.1]], np.float32)],
        [np.array([[0.0, 0.4, 0.3, 0.3]], np.float32)],
    ]
    model = FakeModel(answers, IMAGE, LABELS)
    options = ClassificationOptions(source="front", labels=("cat",), threshold={"cat": 0.6})
    tested = ImageClassification(options, model.model)

    results = drive(tested, frames([frame().pixels] * 4), model)

    assert [said(result.findings) for result in results] == [[("cat", 0.8)], []]


@pytest.mark.parametrize("shape", [(1, 9, 9, 1), (1, 9, 9)])
def test_a_model_for_grey_pictures_gets_the_frame_in_grey(shape: tuple[int, ...]) -> None:
    grey = plugin.TensorSpec(name="image", shape=shape, dtype="uint8")
    model = plugin.Model(id="digits", labels=LABELS, input=grey, outputs=(SCORES,))
    tested = ImageClassification(ClassificationOptions(source="front"), model)
    ink = np.random.default_rng(1).integers(0, 255, (9, 9), dtype=np.uint8)
    red = np.zeros((9, 9, 3), np.uint8)
    red[..., 0] = 200

    white = tested.prepare(plugin.Frame(pixels=np.repeat(ink[..., None], 3, -1), captured_at=0.0))
    dark = tested.prepare(plugin.Frame(pixels=red, captured_at=0.0))

    assert white.shape == dark.shape == shape
    assert np.array_equal(white.reshape(9, 9), ink)
    assert set(dark.ravel().tolist()) == {round(200 * 0.299)}


def test_a_model_that_wants_the_middle_gets_it_undistorted() -> None:
    tested = classifier(fit="crop")
    pixels = np.zeros((32, 96, 3), np.uint8)
    pixels[:, 32:64] = 255

    tensor = tested.prepare(plugin.Frame(pixels=pixels, captured_at=0.0))

    assert tensor.min() == 255


@pytest.mark.parametrize(
    ("output", "labels", "traits", "message"),
    [
        ((1, 1001), LABELS, {}, r"outputs \[\[1, 1001\]\] and 4 labels; .* the background too"),
        ((1, 4), (), {}, "0 labels; a classifier has one"),
        ((1, 4), LABELS, {"background": ["nothing"]}, "background: no label 'nothing'; remove it"),
        (
            (1, 4),
            LABELS,
            {"background": "cat"},
            r"got `str` - at `\$\.background`",
        ),
        ((1, 4), LABELS, {"fit": "squash"}, r"Invalid enum value 'squash' - at `\$\.fit`"),
    ],
)
def test_a_model_that_does_not_fit_is_refused_with_a_cure(
    output: tuple[int, ...], labels: tuple[str, ...], traits: dict[str, Any], message: str
) -> None:
    spec = plugin.TensorSpec(name="scores", shape=output, dtype="float32")

    with pytest.raises(plugin.ModelError, match=message):
        classifier(spec, None, labels, **traits)


def test_a_quantised_output_that_is_no_score_is_refused_with_a_cure() -> None:
    logits = plugin.TensorSpec(name="logits", shape=(1, 4), dtype="int8", scale=0.1)

    with pytest.raises(plugin.ModelError, match=r"up to 12\.7, no scores .* a softmax"):
        classifier(logits)


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ([2.1, -3.0, 15.5, 0.2], "gives 15.5 as a score, which is 0 to 1: logits need"),
        ([-4.0, -3.0, 0.5, 0.2], "gives -4 as a score"),
        ([0.0, 12.0, 87.0, 1.0], "gives 87 as a score, .* percents a division by 100"),
        ([0.0, np.inf, 0.5, 0.2], "gives inf as a score"),
        ([np.nan] * 4, "gives NaN for every score: it is damaged, or its input is not what"),
    ],
)
def test_numbers_that_can_be_no_scores_are_a_fault_of_the_model(
    values: list[float], fault: str
) -> None:
    floats = plugin.TensorSpec(name="logits", shape=(1, 4), dtype="float32")

    with pytest.raises(plugin.ModelError, match=f"^model 'mine' {fault}"):
        classifier(floats).decode([np.array([values], np.float32)], frame())


@pytest.mark.shared
@pytest.mark.parametrize(
    ("file", "picture", "label", "least"),
    [
        ("mobilenet_v2_1.0_224_quant", "grace_hopper.bmp", "military uniform", 0.8),
        ("mobilenet_v2_1.0_224_quant", "cat_720p.jpg", "Egyptian cat", 0.5),
        ("keras_lstm_mnist_ptq", "mnist_nine.bmp", "9", 0.9),
    ],
)
def test_real_pictures_are_what_real_models_say(
    file: str, picture: str, label: str, least: float, shared: Path
) -> None:
    image = pytest.importorskip("PIL.Image")
    interpreter = Interpreter((shared / f"models/{file}.tflite").read_bytes(), file)
    names = (shared / "models/imagenet_labels.txt").read_text().splitlines()
    labels = [name.partition(",")[0] for name in names] if "mobilenet" in file else "0123456789"
    real = plugin.Model(
        id=file, labels=tuple(labels), input=interpreter.inputs[0], outputs=interpreter.outputs
    )
    tested = ImageClassification(ClassificationOptions(source="front"), real)
    pixels = np.asarray(image.open(shared / "media/images" / picture).convert("RGB"))
    sample = plugin.Frame(pixels=pixels, captured_at=0.0)

    found = tested.decode(interpreter.infer(tested.prepare(sample)), sample)

    (best, score), *_ = said(found)
    assert best == label
    assert score >= least
