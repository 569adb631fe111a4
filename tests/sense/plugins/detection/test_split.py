"""Boxes as distributions: the expected boxes are put in as distances, by the paper's formula."""

from typing import Any

import numpy as np
import pytest

from edgenode import plugin
from edgenode.sense.plugins.object_detection import DetectionOptions, ObjectDetection

LABELS = ("anna", "bert", "carl")
IMAGE = plugin.TensorSpec(name="image", shape=(1, 64, 128, 3), dtype="uint8")
# Steps of 8, 16 and 32 pixels: 8x16, 4x8 and 2x4 cells, row by row.
CELLS = 128 + 32 + 8
FIRST_OF_16, FIRST_OF_32 = 128, 160

# Cell, its centre in pixels and step, then the distances to left, top, right, bottom in steps.
THINGS = (
    (2 * 16 + 5, (44, 20), 8, (2.25, 1.5, 3.0, 2.0), 1, 0.9),
    (FIRST_OF_16 + 1 * 8 + 3, (56, 24), 16, (1.0, 0.5, 1.75, 1.25), 0, 0.8),
    (FIRST_OF_32 + 1 * 4 + 2, (80, 48), 32, (1.0, 1.0, 1.0, 0.5), 2, 0.6),
)
EXPECTED = [
    ("bert", 0.9, (44 - 18, 20 - 12, 44 + 24, 20 + 16)),
    ("anna", 0.8, (56 - 16, 24 - 8, 56 + 28, 24 + 20)),
    ("carl", 0.6, (80 - 32, 48 - 32, 80 + 32, 48 + 16)),
]


def distribution(distance: float) -> np.ndarray[Any, Any]:
    """Return sixteen logits whose softmax has the mean *distance*: two neighbouring bins."""
    low = int(distance)
    shares = np.full(16, 1e-9)
    shares[low] = 1.0 - (distance - low) + 1e-9
    shares[low + 1] += distance - low
    return np.log(shares / shares.sum())


def tensors(*, logits: bool = True) -> tuple[plugin.Tensor, plugin.Tensor]:
    boxes = np.zeros((1, CELLS, 64), np.float32)
    scores = np.full((1, CELLS, len(LABELS)), 0.01, np.float32)
    for cell, _, _, distances, label, score in THINGS:
        boxes[0, cell] = np.concatenate([distribution(one) for one in distances])
        scores[0, cell, label] = score
    return boxes, np.log(scores / (1 - scores)) if logits else scores


def quantised(tensor: plugin.Tensor) -> tuple[plugin.Tensor, plugin.TensorSpec]:
    scale = float(tensor.max() - tensor.min()) / 255
    zero_point = round(-128 - float(tensor.min()) / scale)
    whole = np.clip(np.round(tensor / scale) + zero_point, -128, 127).astype(np.int8)
    return whole, plugin.TensorSpec(
        name="q", shape=tensor.shape, dtype="int8", scale=scale, zero_point=zero_point
    )


def detector(
    specs: list[plugin.TensorSpec],
    labels: tuple[str, ...] = LABELS,
    **traits: Any,  # noqa: ANN401
) -> ObjectDetection:
    model = plugin.Model(id="mine", labels=labels, input=IMAGE, outputs=tuple(specs), traits=traits)
    return ObjectDetection(DetectionOptions(source="front", threshold=0.5), model)


def specs_of(outputs: list[plugin.Tensor]) -> list[plugin.TensorSpec]:
    return [
        plugin.TensorSpec(name=str(place), shape=one.shape, dtype=one.dtype.name)
        for place, one in enumerate(outputs)
    ]


def detect(
    outputs: list[plugin.Tensor], specs: list[plugin.TensorSpec] | None = None, **traits: str
) -> list[plugin.Detection]:
    frame = plugin.Frame(pixels=np.zeros((64, 128, 3), np.uint8), captured_at=0.0)
    found = detector(specs or specs_of(outputs), **traits).decode(outputs, frame)
    return [each for each in found if isinstance(each, plugin.Detection)]


def assert_as_expected(found: list[plugin.Detection], within: float = 0.001) -> None:
    for one, (label, score, (left, top, right, bottom)) in zip(found, EXPECTED, strict=True):
        assert one.label == label
        assert one.score == pytest.approx(score, abs=20 * within)
        box = (one.box.left * 128, one.box.top * 64, one.box.right * 128, one.box.bottom * 64)
        assert box == pytest.approx((left, top, right, bottom), abs=128 * within)


@pytest.mark.parametrize("logits", [True, False])
@pytest.mark.parametrize("scores_first", [True, False])
@pytest.mark.parametrize("turned", [True, False])
def test_edges_and_scores_are_found_by_their_shapes(
    *, logits: bool, scores_first: bool, turned: bool
) -> None:
    outputs = [*tensors(logits=logits)]
    if scores_first:
        outputs.reverse()
    if turned:
        outputs = [one.transpose(0, 2, 1) for one in outputs]

    assert_as_expected(detect(outputs))


@pytest.mark.parametrize("logits", [True, False])
def test_quantised_outputs_say_nearly_the_same(*, logits: bool) -> None:
    both = [quantised(one) for one in tensors(logits=logits)]

    found = detect([one for one, _ in both], [spec for _, spec in both], output_order="split")

    assert_as_expected(found, within=0.01)


def test_two_boxes_of_one_thing_are_one() -> None:
    boxes, scores = tensors()
    cell = THINGS[0][0]
    boxes[0, cell + 1], scores[0, cell + 1] = boxes[0, cell], scores[0, cell] - 0.5
    boxes[0, cell + 1, :16] = distribution(3.25)  # its centre is a step further to the right
    boxes[0, cell + 1, 32:48] = distribution(2.0)

    assert_as_expected(detect([boxes, scores]))


def test_edges_that_are_no_numbers_are_left_out() -> None:
    boxes, scores = tensors()
    boxes[0, THINGS[0][0], 3] = np.nan
    boxes[0, THINGS[1][0], 20] = np.inf

    assert [one.label for one in detect([boxes, scores])] == ["carl"]


def test_scores_that_are_neither_logits_nor_scores_are_a_fault_of_the_model() -> None:
    boxes, scores = tensors(logits=False)

    with pytest.raises(plugin.ModelError, match="'mine' gives 90 as a score, which is 0 to 1"):
        detect([boxes, scores * 100])


@pytest.mark.parametrize(
    ("shapes", "labels"),
    [
        ([(1, CELLS, 64), (1, CELLS, 4)], LABELS),
        ([(1, CELLS, 64), (1, CELLS, 3)], ()),
        ([(1, CELLS + 1, 64), (1, CELLS + 1, 3)], LABELS),
        ([(1, CELLS, 32), (1, CELLS, 3)], LABELS),
        ([(1, CELLS, 64)], LABELS),
    ],
)
def test_outputs_of_other_shapes_are_refused_with_what_was_expected(
    shapes: list[tuple[int, ...]], labels: tuple[str, ...]
) -> None:
    specs = [plugin.TensorSpec(name="o", shape=shape, dtype="float32") for shape in shapes]

    with pytest.raises(plugin.ModelError, match=r"\[1, cells, 64\] and .* of 128x64: give the lab"):
        detector(specs, labels, output_order="split")
