"""Whether four outputs can be those of ``TFLite_Detection_PostProcess``, by shape and by value."""

import numpy as np
import pytest

from edgenode import plugin
from edgenode.sense.plugins.object_detection import DetectionOptions, ObjectDetection

LABELS = ("person", "cat", "kite")
IMAGE = plugin.TensorSpec(name="image", shape=(1, 32, 32, 3), dtype="uint8")
FRAME = plugin.Frame(pixels=np.zeros((32, 32, 3), np.uint8), captured_at=0.0)
GIVEN = {
    "boxes": np.array([[[0.1, 0.2, 0.5, 0.6], [0.5, 0.5, 0.9, 0.9]]], np.float32),
    "classes": np.array([[2, 1]], np.float32),
    "scores": np.array([[0.9, 0.75]], np.float32),
    "count": np.array([2], np.float32),
}
USUAL = "boxes-classes-scores-count"


def outputs(order: str = USUAL, **changed: plugin.Tensor) -> list[plugin.Tensor]:
    return [(GIVEN | changed)[name] for name in order.split("-")]


def detector(
    given: list[plugin.Tensor],
    labels: tuple[str, ...] = LABELS,
    *,
    with_shapes: bool = True,
    **traits: str,
) -> ObjectDetection:
    specs = tuple(
        plugin.TensorSpec(name=str(n), shape=one.shape if with_shapes else (), dtype="float32")
        for n, one in enumerate(given)
    )
    model = plugin.Model(id="ssd", labels=labels, input=IMAGE, outputs=specs, traits=traits)
    return ObjectDetection(DetectionOptions(source="front"), model)


def labelled(found: tuple[plugin.Finding, ...]) -> list[str]:
    return [each.label for each in found if isinstance(each, plugin.Detection)]


@pytest.mark.parametrize(
    "order",
    ["boxes-scores-classes-count", "classes-boxes-count-scores", "count-classes-scores-boxes"],
)
def test_classes_and_scores_in_each_others_place_are_told_with_the_right_order(order: str) -> None:
    given = outputs(order)

    with pytest.raises(plugin.ModelError) as raised:
        detector(given).decode(given, FRAME)

    told = detector(given, output_order=order)
    assert str(raised.value).endswith(f": set [traits] output_order = {order!r}")
    assert labelled(told.decode(given, FRAME)) == ["kite", "cat"]


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("scores", 87.5, "gives 87.5 as a score, which is 0 to 1, where its output_order 'boxes-"),
        ("scores", -4.0, "gives -4 as a score"),
        ("scores", np.inf, "gives inf as a score"),
        ("classes", 0.72, "gives 0.72 as a class id, which is a whole number"),
    ],
)
def test_a_value_that_cannot_be_is_a_fault_of_the_model(
    name: str, value: float, fault: str
) -> None:
    wrong = GIVEN[name].copy()
    wrong[0, 1] = value
    given = outputs(**{name: wrong})

    with pytest.raises(plugin.ModelError, match=f"^model 'ssd' {fault}"):
        detector(given).decode(given, FRAME)


def test_what_is_beyond_the_count_may_be_anything() -> None:
    scores, classes = np.array([[0.9, 87.5]], np.float32), np.array([[2, 0.5]], np.float32)
    given = outputs(count=np.array([1], np.float32), scores=scores, classes=classes)

    assert labelled(detector(given).decode(given, FRAME)) == ["kite"]


def test_rounding_beyond_1_is_a_score_of_1() -> None:
    given = outputs(scores=np.array([[1.004, -0.004]], np.float32))

    (only,) = detector(given).decode(given, FRAME)

    assert isinstance(only, plugin.Detection)
    assert only.score == 1.0


@pytest.mark.parametrize(
    ("shapes", "traits"),
    [
        ([(1, 2, 4), (1, 2), (1, 2), (2,)], {"output_order": USUAL}),
        ([(1, 2, 4), (1, 3), (1, 2), (1,)], {"output_order": USUAL}),
        ([(1, 2), (1, 2, 4), (1,), (1, 2)], {"output_order": USUAL}),
        ([(1, 2, 4), (1,), (1, 2), (1, 2)], {}),
    ],
)
def test_shapes_that_are_not_those_of_the_order_are_refused(
    shapes: list[tuple[int, ...]], traits: dict[str, str]
) -> None:
    given = [np.zeros(shape, np.float32) for shape in shapes]

    with pytest.raises(plugin.ModelError, match=r"^model 'ssd' has outputs \[.*output_order"):
        detector(given, **traits)


def test_outputs_without_shapes_are_checked_when_they_are_there() -> None:
    given = outputs()
    tested = detector(given, with_shapes=False, output_order=USUAL)
    others = outputs("scores-boxes-count-classes")

    assert labelled(tested.decode(given, FRAME)) == ["kite", "cat"]
    with pytest.raises(plugin.ModelError, match="not in its output_order 'boxes-classes-scores"):
        tested.decode(others, FRAME)


@pytest.mark.parametrize("first", ["???", "background"])
def test_a_first_label_that_stands_for_nothing_does_not_shift_the_others(first: str) -> None:
    given = outputs()

    assert labelled(detector(given, (first, *LABELS)).decode(given, FRAME)) == ["kite", "cat"]


def test_no_more_than_a_hundred_leave_a_frame() -> None:
    many = {
        "boxes": np.tile(GIVEN["boxes"][:, :1], (1, 300, 1)),
        "classes": np.zeros((1, 300), np.float32),
        "scores": np.full((1, 300), 0.8, np.float32),
        "count": np.array([300], np.float32),
    }
    given = outputs(**many)

    assert len(detector(given).decode(given, FRAME)) == 100
