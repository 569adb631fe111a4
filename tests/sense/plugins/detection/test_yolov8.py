from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import pytest

from edgenode import plugin
from edgenode.sense.plugins.object_detection import DetectionOptions, ObjectDetection

LABELS = ("person", "ball", "bottle")
IMAGE = plugin.TensorSpec(name="image", shape=(1, 160, 160, 3), dtype="uint8")

# Centre x, centre y, width, height, then the scores of person, ball and bottle: what a network says
# of a person on the left, a ball at the bottom right, and of nothing much beside. It has 25 cells,
# one for each 32 pixels of the input.
CELLS = np.array(
    [
        [0.25, 0.50, 0.20, 0.60, 0.91, 0.02, 0.01],  # the person
        [0.26, 0.51, 0.22, 0.58, 0.88, 0.01, 0.02],  # the person again
        [0.24, 0.49, 0.20, 0.62, 0.64, 0.00, 0.03],  # and again
        [0.25, 0.50, 0.20, 0.60, 0.03, 0.02, 0.55],  # a bottle in the same place
        [0.80, 0.85, 0.10, 0.10, 0.01, 0.80, 0.05],  # the ball
        [0.81, 0.85, 0.10, 0.10, 0.01, 0.75, 0.04],  # the ball again
        [0.50, 0.50, 0.10, 0.10, 0.30, 0.20, 0.10],  # unsure
        [0.60, 0.10, 0.00, 0.30, 0.95, 0.00, 0.00],  # without a width
        [0.02, 0.90, 0.20, 0.40, 0.00, 0.00, 0.70],  # half off the frame
        *[[0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00]] * 16,
    ],
    np.float32,
)
SCALE, ZERO_POINT = 1 / 255, -128
FOUND = [("person", 0.91), ("ball", 0.80), ("bottle", 0.70), ("bottle", 0.55)]


def spec(tensor: plugin.Tensor) -> plugin.TensorSpec:
    scale = {"float32": 0.0}.get(tensor.dtype.name, SCALE)
    zero_point = {"int8": ZERO_POINT}.get(tensor.dtype.name, 0)
    return plugin.TensorSpec(
        name="output0",
        shape=tensor.shape,
        dtype=tensor.dtype.name,
        scale=scale,
        zero_point=zero_point,
    )


def model(
    outputs: Sequence[plugin.TensorSpec],
    labels: tuple[str, ...] = LABELS,
    side: int = 160,
    **traits: Any,  # noqa: ANN401
) -> plugin.Model:
    image = msgspec.structs.replace(IMAGE, shape=(1, side, side, 3))
    return plugin.Model(
        id="mine", labels=labels, input=image, outputs=tuple(outputs), traits=traits
    )


def detect(
    tensor: plugin.Tensor,
    *,
    fit: str = "stretch",
    width: int = 160,
    side: int = 160,
    **options: Any,  # noqa: ANN401
) -> list[plugin.Detection]:
    made = DetectionOptions(source="front", **options)
    tested = ObjectDetection(made, model([spec(tensor)], side=side, fit=fit))
    sample = plugin.Frame(pixels=np.zeros((160, width, 3), np.uint8), captured_at=0.0)
    return [f for f in tested.decode([tensor], sample) if isinstance(f, plugin.Detection)]


def quantised(dtype: str) -> plugin.Tensor:
    zero_point = ZERO_POINT if dtype == "int8" else 0
    columns: plugin.Tensor = np.round(CELLS.T[np.newaxis] / SCALE + zero_point)
    return columns.astype(dtype)


def scored(found: list[plugin.Detection]) -> list[tuple[str, float]]:
    return [(thing.label, round(thing.score, 2)) for thing in found]


@pytest.mark.parametrize("dtype", ["float32", "int8", "uint8"])
@pytest.mark.parametrize("columns_last", [True, False])
def test_both_layouts_and_all_types_say_the_same(dtype: str, *, columns_last: bool) -> None:
    columns = CELLS.T[np.newaxis] if dtype == "float32" else quantised(dtype)
    tensor = columns if columns_last else columns.transpose(0, 2, 1)

    found = detect(tensor)

    assert scored(found) == FOUND
    person = found[0].box
    assert (person.left, person.top) == pytest.approx((0.15, 0.2), abs=0.005)
    assert (person.right, person.bottom) == pytest.approx((0.35, 0.8), abs=0.005)


def test_a_box_half_off_the_frame_ends_at_its_edge() -> None:
    bottle = detect(CELLS.T[np.newaxis])[2].box

    assert (bottle.left, bottle.bottom) == (0.0, 1.0)


def test_boxes_of_a_letterboxed_frame_are_fractions_of_the_frame() -> None:
    # A frame of 2:1 fills the middle half of the input's height.
    person = detect(CELLS.T[np.newaxis], fit="letterbox", width=320)[0].box

    assert (person.left, person.right) == pytest.approx((0.15, 0.35), abs=0.001)
    assert (person.top, person.bottom) == (0.0, 1.0)


def test_boxes_in_pixels_of_a_float_model_are_the_same_things() -> None:
    pixels = CELLS * np.array([160, 160, 160, 160, 1, 1, 1], np.float32)

    found = detect(pixels.T[np.newaxis])

    assert scored(found) == FOUND
    assert found[0].box.bottom == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("threshold", "count"), [(0.75, 2), (0.5, 4), (0.25, 5), ({"ball": 0.2, "default": 0.9}, 5)]
)
def test_what_no_threshold_lets_pass_is_not_decoded(threshold: Any, count: int) -> None:  # noqa: ANN401
    assert len(detect(quantised("int8"), threshold=threshold)) == count


def test_two_things_may_overlap_as_much_as_the_options_say() -> None:
    found = detect(quantised("int8"), nms_iou=1.0)

    assert [label for label, _ in scored(found)].count("person") == 3


def test_with_a_threshold_of_nothing_cells_that_say_nothing_are_still_nothing() -> None:
    found = detect(quantised("int8"), threshold=0.0)

    assert min(thing.score for thing in found) > 0.0


def test_what_is_no_number_is_left_out() -> None:
    cells = CELLS.copy()
    cells[0, 0], cells[4, 5], cells[8, 2] = np.nan, np.nan, np.inf

    assert scored(detect(cells.T[np.newaxis])) == [
        ("person", 0.88),
        ("ball", 0.75),
        ("bottle", 0.55),
    ]


def test_the_best_hundred_of_thousands_are_found() -> None:
    rng = np.random.default_rng(1)
    sides = np.full((2, 8400), 0.01)
    columns = np.concatenate([rng.uniform(0, 1, (2, 8400)), sides, rng.uniform(0.6, 1, (3, 8400))])
    tensor = np.round(columns / SCALE + ZERO_POINT).astype(np.int8)[np.newaxis]

    found = detect(tensor, side=640)

    assert len(found) == 100
    assert min(thing.score for thing in found) > 0.95


@pytest.mark.parametrize(
    ("shapes", "labels", "message"),
    [
        ([(1, 8, 500)], LABELS, r"\[1, 7, cells\]: give the labels it was trained with"),
        ([(1, 7, 500), (1, 32, 40)], LABELS, "export a detector without its own nms"),
        ([(1, 7, 500)], (), "has no labels"),
    ],
)
def test_a_model_said_to_be_one_and_looking_otherwise_is_refused_with_a_cure(
    shapes: list[tuple[int, ...]], labels: tuple[str, ...], message: str
) -> None:
    outputs = [plugin.TensorSpec(name="o", shape=shape, dtype="float32") for shape in shapes]
    wrong = model(outputs, labels, output_order="yolov8")

    with pytest.raises(plugin.ModelError, match=message):
        ObjectDetection(DetectionOptions(source="front"), wrong)


def test_an_output_too_rough_for_scores_is_refused_with_a_cure() -> None:
    rough = plugin.TensorSpec(name="o", shape=(1, 7, 500), dtype="int8", scale=2.5)

    with pytest.raises(plugin.ModelError, match=r"steps of 2\.5, too rough .* not in pixels"):
        ObjectDetection(DetectionOptions(source="front"), model([rough], output_order="yolov8"))


def test_an_output_order_nobody_knows_is_refused() -> None:
    output = plugin.TensorSpec(name="o", shape=(1, 7, 500), dtype="float32")

    with pytest.raises(plugin.ModelError, match=r"'yolov5' - at `\$\.output_order`"):
        ObjectDetection(DetectionOptions(source="front"), model([output], output_order="yolov5"))
