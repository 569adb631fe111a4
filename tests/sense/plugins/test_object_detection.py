from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgenode import plugin
from edgenode.accelerator.interpreter import Interpreter
from edgenode.sense.plugins.object_detection import DetectionOptions, ObjectDetection

LABELS = ("person", "bicycle", "kite")
BOXES = [[0.1, 0.2, 0.5, 0.6], [-0.009, 0.5, 1.014, 0.9], [0.3, 0.3, 0.3, 0.8]]
CLASSES, SCORES = [0, 2, 1], [0.9, 0.75, 0.6]


def spec(name: str, *shape: int, dtype: str = "float32") -> plugin.TensorSpec:
    return plugin.TensorSpec(name=name, shape=shape, dtype=dtype)


def model(outputs: Sequence[plugin.TensorSpec], **traits: Any) -> plugin.Model:  # noqa: ANN401
    return plugin.Model(
        id="ssd",
        labels=LABELS,
        input=spec("image", 1, 300, 300, 3, dtype="uint8"),
        outputs=tuple(outputs),
        traits=traits,
    )


def tensors(count: float = 3) -> dict[str, plugin.Tensor]:
    return {
        "boxes": np.array([BOXES], np.float32),
        "classes": np.array([CLASSES], np.float32),
        "scores": np.array([SCORES], np.float32),
        "count": np.array([count], np.float32),
    }


def arranged(order: str, given: dict[str, plugin.Tensor]) -> list[plugin.Tensor]:
    return [given[name] for name in order.split("-")]


def detector(outputs: Sequence[plugin.Tensor], **traits: Any) -> ObjectDetection:  # noqa: ANN401
    specs = [spec(str(place), *tensor.shape) for place, tensor in enumerate(outputs)]
    return ObjectDetection(DetectionOptions(source="front"), model(specs, **traits))


def frame(width: int = 300, height: int = 300) -> plugin.Frame:
    rng = np.random.default_rng(1)
    pixels = rng.integers(0, 255, (height, width, 3), dtype=np.uint8)
    return plugin.Frame(pixels=pixels, captured_at=0.0)


@pytest.mark.parametrize(
    "order",
    ["boxes-classes-scores-count", "scores-boxes-count-classes", "count-scores-classes-boxes"],
)
@pytest.mark.parametrize("declared", [True, False])
def test_all_three_orders_met_in_the_field_say_the_same(order: str, *, declared: bool) -> None:
    outputs = arranged(order, tensors())
    tested = detector(outputs, **({"output_order": order} if declared else {}))

    found = tested.decode(outputs, frame())

    assert [f.label for f in found if isinstance(f, plugin.Detection)] == ["person", "kite"]


@pytest.mark.parametrize(
    ("chosen", "traits", "expected"),
    [
        (None, {}, 0.5),
        (None, {"threshold": 0.4}, 0.4),
        (None, {"threshold": {"kite": 0.7, "default": 0.3}}, {"kite": 0.7, "default": 0.3}),
        (0.6, {"threshold": 0.4}, 0.6),
    ],
)
def test_the_threshold_is_the_options_else_the_model_s_else_the_usual(
    chosen: float | None, traits: dict[str, Any], expected: float | dict[str, float]
) -> None:
    outputs = [spec(str(place), *tensor.shape) for place, tensor in enumerate(tensors().values())]

    tested = ObjectDetection(
        DetectionOptions(source="front", threshold=chosen), model(outputs, **traits)
    )

    assert tested.clean()[0] == plugin.Use("threshold", {"threshold": expected})


def test_a_threshold_in_the_manifest_that_no_score_can_reach_is_refused() -> None:
    with pytest.raises(plugin.ModelError, match=r"model 'ssd': \[traits\]: .* at `\$\.threshold`"):
        detector(list(tensors().values()), threshold=2)


def test_boxes_are_clamped_and_those_without_an_area_are_no_detections() -> None:
    outputs = arranged("boxes-classes-scores-count", tensors())

    first, second = detector(outputs).decode(outputs, frame())

    assert isinstance(first, plugin.Detection)
    assert isinstance(second, plugin.Detection)
    corners = (first.box.left, first.box.top, first.box.right, first.box.bottom)
    assert corners == pytest.approx((0.2, 0.1, 0.6, 0.5))
    assert (second.box.top, second.box.bottom) == (0.0, 1.0)


@pytest.mark.parametrize("boxes", [1, 10, 20, 100])
def test_any_number_of_boxes_is_read(boxes: int) -> None:
    outputs = [
        np.tile(np.array([0.1, 0.1, 0.2, 0.2], np.float32), (1, boxes, 1)),
        np.zeros((1, boxes), np.float32),
        np.full((1, boxes), 0.8, np.float32),
        np.array([boxes], np.float32),
    ]

    assert len(detector(outputs).decode(outputs, frame())) == boxes


def test_boxes_beyond_the_count_and_not_numbers_are_left_out() -> None:
    given = tensors(count=1)
    given["boxes"][0, 1] = np.nan

    outputs = arranged("boxes-classes-scores-count", given)
    all_of_them = arranged("boxes-classes-scores-count", given | {"count": np.array([3.0])})

    assert len(detector(outputs).decode(outputs, frame())) == 1
    assert len(detector(outputs).decode(all_of_them, frame())) == 1


@pytest.mark.parametrize(("count", "found"), [(np.nan, 0), (-1.0, 0), (np.inf, 2)])
def test_a_count_that_cannot_be_is_none_or_all_there_are(count: float, found: int) -> None:
    outputs = arranged("boxes-classes-scores-count", tensors(count))

    assert len(detector(outputs).decode(outputs, frame())) == found


def test_a_class_without_a_label_is_named_by_its_id_and_told_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    given = tensors()
    given["classes"][0, 0] = 77
    outputs = arranged("boxes-classes-scores-count", given)
    one = detector(outputs)

    found = [one.decode(outputs, frame())[0] for _ in range(3)]

    assert {each.label for each in found} == {"class-77"}  # type: ignore[union-attr]
    (warning,) = caplog.messages
    assert "finds class 77, its labels end at " in warning


def test_a_frame_of_the_right_size_is_passed_on_bit_by_bit() -> None:
    outputs = arranged("boxes-classes-scores-count", tensors())
    sample = frame()

    tensor = detector(outputs).prepare(sample)

    assert np.shares_memory(tensor, sample.pixels)
    assert tensor.shape == (1, 300, 300, 3)


def test_coordinates_of_a_letterboxed_frame_are_fractions_of_the_frame() -> None:
    given = tensors()
    # A wide frame of 2:1 fills the middle half of the square input.
    given["boxes"][0, 0] = [0.25, 0.0, 0.75, 1.0]
    outputs = arranged("boxes-classes-scores-count", given)
    tested = detector(outputs, fit="letterbox")
    sample = frame(600, 300)

    found = tested.decode(outputs, sample)[0]
    tensor = tested.prepare(sample)

    assert found.box == plugin.Box(0.0, 0.0, 1.0, 1.0)  # type: ignore[union-attr]
    assert not tensor[0, :75].any()
    assert tensor[0, 75:225].any()


def test_a_signed_model_gets_the_same_picture_shifted_by_half() -> None:
    outputs = arranged("boxes-classes-scores-count", tensors())
    specs = [spec(str(place), *tensor.shape) for place, tensor in enumerate(outputs)]
    signed = plugin.Model(
        id="ssd", input=spec("image", 1, 300, 300, 3, dtype="int8"), outputs=tuple(specs)
    )
    sample = frame()

    tensor = ObjectDetection(DetectionOptions(source="front"), signed).prepare(sample)

    assert tensor.dtype == np.int8
    assert np.array_equal(tensor[0].astype(np.int16) + 128, sample.pixels)


def test_a_float_model_and_a_model_without_boxes_are_refused_with_a_cure() -> None:
    floats = plugin.Model(id="f", input=spec("image", 1, 300, 300, 3), outputs=())
    classifier = model([spec("scores", 1, 1001)])
    alone = model([spec("boxes", 1, 10, 4)], output_order="boxes-classes-scores-count")

    for wrong, message in (
        (floats, "takes float32"),
        (classifier, "neither the four"),
        (alone, "has four: use another"),
    ):
        with pytest.raises(plugin.ModelError, match=message):
            ObjectDetection(DetectionOptions(source="front"), wrong)


@pytest.mark.shared
def test_persons_and_kites_are_found_on_a_real_picture(shared: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    name = "coco_ssd_mobilenet_v1_1.0_quant_2018_06_29.tflite"
    interpreter = Interpreter((shared / "models" / name).read_bytes(), name)
    labels = (shared / "models/coco_labels.txt").read_text().splitlines()
    real = plugin.Model(
        id="coco",
        labels=tuple(labels),
        input=interpreter.inputs[0],
        outputs=interpreter.outputs,
    )
    tested = ObjectDetection(DetectionOptions(source="front"), real)
    pixels = np.asarray(image.open(shared / "media/images/kite_and_cold.jpg").convert("RGB"))
    sample = plugin.Frame(pixels=pixels, captured_at=0.0)

    found = tested.decode(interpreter.infer(tested.prepare(sample)), sample)

    sure = [f.label for f in found if isinstance(f, plugin.Detection) and f.score > 0.5]
    assert sure.count("person") >= 2
    assert sure.count("kite") >= 2
