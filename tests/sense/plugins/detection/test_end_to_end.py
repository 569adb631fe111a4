from typing import Any

import msgspec
import numpy as np
import pytest

from edgenode import plugin
from edgenode.sense.plugins.object_detection import DetectionOptions, ObjectDetection

LABELS = ("anna", "bert", "carl")
IMAGE = plugin.TensorSpec(name="image", shape=(1, 64, 128, 3), dtype="uint8")

# Left, top, right, bottom, score, class id, as Ultralytics documents the end-to-end output.
ROWS = np.array(
    [
        [0.1, 0.2, 0.5, 0.6, 0.90, 1],
        [0.6, 0.1, 0.9, 0.4, 0.80, 0],
        [0.1, 0.2, 0.5, 0.6, 0.70, 1],  # the model has suppressed boxes: this is another thing
        [0.0, 0.0, 1.0, 1.0, 0.20, 2],
        [0.0, 0.0, 0.0, 0.0, 0.00, 0],
    ],
    np.float32,
)
PIXELS = ROWS * np.array([128, 64, 128, 64, 1, 1], np.float32)


def padded(rows: plugin.Tensor, number: int = 300) -> plugin.Tensor:
    tensor = np.zeros((1, number, rows.shape[1]), rows.dtype)
    tensor[0, : len(rows)] = rows
    return tensor


def detector(
    output: plugin.TensorSpec,
    labels: tuple[str, ...] = LABELS,
    **traits: Any,  # noqa: ANN401
) -> ObjectDetection:
    model = plugin.Model(id="mine", labels=labels, input=IMAGE, outputs=(output,), traits=traits)
    return ObjectDetection(DetectionOptions(source="front", threshold=0.1), model)


def detect(tensor: plugin.Tensor, **traits: Any) -> list[plugin.Detection]:  # noqa: ANN401
    spec = plugin.TensorSpec(name="out", shape=tensor.shape, dtype=tensor.dtype.name)
    frame = plugin.Frame(pixels=np.zeros((64, 128, 3), np.uint8), captured_at=0.0)
    found = detector(spec, **traits).decode([tensor], frame)
    return [each for each in found if isinstance(each, plugin.Detection)]


@pytest.mark.parametrize("rows", [ROWS, PIXELS], ids=["fractions", "pixels"])
@pytest.mark.parametrize("traits", [{}, {"output_order": "end-to-end"}])
def test_boxes_in_fractions_and_in_pixels_are_the_same_things(
    rows: plugin.Tensor, traits: dict[str, str]
) -> None:
    found = detect(padded(rows), **traits)

    assert [(one.label, round(one.score, 2)) for one in found] == [
        *(("bert", 0.9), ("anna", 0.8), ("bert", 0.7), ("carl", 0.2))
    ]
    box = found[1].box
    assert (box.left, box.top, box.right, box.bottom) == pytest.approx((0.6, 0.1, 0.9, 0.4))


def test_the_best_come_first_and_no_more_than_a_hundred() -> None:
    rows = np.tile(ROWS[:1], (300, 1))
    rows[:, 4] = np.linspace(0.2, 0.95, 300)

    found = detect(padded(rows))

    assert len(found) == 100
    assert found[0].score == pytest.approx(0.95)


def test_rows_that_are_no_numbers_are_left_out() -> None:
    rows = ROWS.copy()
    rows[0, 0], rows[1, 4], rows[2, 5] = np.inf, np.nan, np.nan

    assert [one.label for one in detect(padded(rows))] == ["carl"]


def test_with_two_labels_the_number_of_boxes_tells_it_from_yolov8() -> None:
    spec = plugin.TensorSpec(name="out", shape=(1, 300, 6), dtype="float32")
    frame = plugin.Frame(pixels=np.zeros((64, 128, 3), np.uint8), captured_at=0.0)

    found = detector(spec, ("anna", "bert")).decode([padded(ROWS[:2])], frame)

    assert [each.label for each in found if isinstance(each, plugin.Detection)] == ["bert", "anna"]


@pytest.mark.parametrize(
    ("column", "value", "fault"),
    [
        (4, 90.0, "gives 90 as a score, which is 0 to 1: .* percents a division by 100"),
        (4, -3.0, "gives -3 as a score"),
        (5, 0.4, "gives 0.4 as a class id, which is a whole number: its columns are not left"),
    ],
)
def test_columns_that_mean_something_else_are_a_fault_of_the_model(
    column: int, value: float, fault: str
) -> None:
    rows = ROWS.copy()
    rows[0, column] = value

    with pytest.raises(plugin.ModelError, match=f"model 'mine' {fault}"):
        detect(padded(rows))


@pytest.mark.parametrize(
    ("scale", "labels", "fault"),
    [
        (1 / 255, 3, "in steps of 0.00392 up to 1, for boxes, scores and class ids up to 2"),
        (0.3, 3, "it cannot hold them all; export it with a float output"),
    ],
)
def test_one_scale_cannot_hold_class_ids_beside_scores(
    scale: float, labels: int, fault: str
) -> None:
    rough = plugin.TensorSpec(name="out", shape=(1, 300, 6), dtype="uint8", scale=scale)

    with pytest.raises(plugin.ModelError, match=fault):
        detector(rough, LABELS[:labels], output_order="end-to-end")


def test_a_quantised_output_of_one_class_is_read() -> None:
    spec = plugin.TensorSpec(name="out", shape=(1, 300, 6), dtype="uint8", scale=1 / 255)
    frame = plugin.Frame(pixels=np.zeros((64, 128, 3), np.uint8), captured_at=0.0)
    rows = np.round(ROWS[1:2] * 255).astype(np.uint8)

    (only,) = detector(spec, ("anna",)).decode([padded(rows)], frame)

    assert isinstance(only, plugin.Detection)
    assert only.score == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("shape", "fault"),
    [
        ((1, 300, 7), r"an end-to-end detector's is \[1, n, 6\]"),
        ((1, 4000, 6), "more than the 1000"),
    ],
)
def test_an_output_of_another_shape_is_refused(shape: tuple[int, ...], fault: str) -> None:
    spec = plugin.TensorSpec(name="out", shape=shape, dtype="float32")

    with pytest.raises(plugin.ModelError, match=fault):
        detector(spec, output_order="end-to-end")


@pytest.mark.parametrize("labels", [1, 2, 3])
def test_yolov5_is_told_by_three_boxes_per_cell_whatever_its_labels(labels: int) -> None:
    # An input of 64x128 has 8x16 + 4x8 + 2x4 = 168 cells.
    spec = plugin.TensorSpec(name="out", shape=(1, 504, 6), dtype="float32")

    with pytest.raises(plugin.ModelError, match=r"YOLOv5 and earlier, .* and 1 labels, .* YOLOv8"):
        detector(spec, LABELS[:labels])


def test_as_many_boxes_as_cells_are_not_taken_for_the_end_of_a_model() -> None:
    spec = plugin.TensorSpec(name="out", shape=(1, 168, 6), dtype="float32")

    with pytest.raises(plugin.ModelError, match=r"YOLOv8's is \[1, 7, cells\]: give the labels"):
        detector(spec)
    assert detector(msgspec.structs.replace(spec, shape=(1, 169, 6)))
