"""The recipe of starter-detector: targets, loss, average precision, and the whole road, short."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from edgenode.accelerator.interpreter import Interpreter
from edgenode.plugin import Box, Detection
from recipes.detector.assignment import assigned
from recipes.detector.batches import batches, centred, reframed
from recipes.detector.boxes import overlaps
from recipes.detector.cells import cells
from recipes.detector.loss import detection_loss
from recipes.detector.network import network
from recipes.detector.scoring import judged
from recipes.detector.thresholds import chosen, written
from recipes.detector.truth import NOTHING, objects
from recipes.scenes import LABELS, Object, Scene
from recipes.vision.training import Schedule, train

WHERE = cells(64)
A_BALL = np.array([[[1, 0.24, 0.27, 0.48, 0.53]]], np.float32)


def said(boxes: float = 0.2, scores: float = 0.01) -> tf.Tensor:
    """Return what cells say before they learnt anything: boxes around themselves."""
    cell = np.column_stack([WHERE.centres, np.full((len(WHERE.centres), 2), boxes)])
    return tf.constant(np.column_stack([cell, np.full((len(cell), 4), scores)])[None], tf.float32)


def test_what_is_hidden_is_not_asked_for() -> None:
    seen = Object("ball", 0.1, 0.2, 0.3, 0.4, visible=0.6)
    hidden = Object("person", 0.1, 0.2, 0.3, 0.4, visible=0.2)

    table = objects(Scene(np.zeros((8, 8, 3), np.uint8), (hidden, seen), ()))

    assert table[0].tolist() == pytest.approx([LABELS.index("ball"), 0.1, 0.2, 0.3, 0.4])
    assert (table[1:, 0] == NOTHING).all()


def test_boxes_follow_the_frame_and_leave_with_what_they_hold() -> None:
    there = np.array([[0, 0.5, 0.5, 0.9, 0.9], [2, 0.0, 0.0, 0.1, 0.1]], np.float32)
    twice_from_the_corner = np.array([[2.0, 0.0, -0.6], [0.0, 2.0, -0.6]])

    table = reframed(there, twice_from_the_corner)

    assert table[:, 0].tolist() == [0, -1]
    assert table[0, 1:].tolist() == pytest.approx([0.4, 0.4, 1.0, 1.0])


def test_batches_hold_pictures_boxes_and_labels() -> None:
    pictures = np.zeros((8, 64, 64, 3), np.uint8)
    drawn = batches(np.random.default_rng(0), pictures, np.repeat(A_BALL, 8, 0), 4)

    shown, boxes, labels = next(drawn)

    assert (shown.shape, shown.dtype) == ((4, 64, 64, 3), np.float32)
    assert (boxes.shape, labels.shape) == ((4, 1, 4), (4, 1))
    assert set(labels.ravel()) <= {1, -1}


def test_overlap_of_the_same_of_halves_and_of_boxes_apart() -> None:
    one = tf.constant([[0.5, 0.5, 0.2, 0.2]])
    others = tf.constant([[0.5, 0.5, 0.2, 0.2], [0.6, 0.5, 0.2, 0.2], [0.9, 0.5, 0.2, 0.2]])

    overlap, generalised = overlaps(one, others)

    assert overlap.numpy().tolist() == pytest.approx([1, 1 / 3, 0], abs=1e-4)
    assert generalised.numpy().tolist() == pytest.approx([1, 1 / 3, -1 / 3], abs=1e-4)


def test_an_object_is_answered_for_by_cells_near_it() -> None:
    targets = assigned(said(), centred(A_BALL[..., 1:]), A_BALL[..., 0].astype(np.int32), WHERE)

    scores = targets.scores.numpy()[0]
    chosen = scores.max(1) > 0
    assert 1 <= chosen.sum() <= 8
    assert (scores[:, [0, 2, 3]] == 0).all()
    assert 0.5 <= scores.max() <= 1.0
    assert np.abs(WHERE.centres[chosen] - (0.36, 0.4)).max() < 1.5 / 4
    np.testing.assert_allclose(
        targets.boxes.numpy()[0, chosen], [[0.36, 0.4, 0.24, 0.26]] * chosen.sum(), atol=1e-6
    )


def test_where_nothing_is_nothing_is_asked() -> None:
    nothing = np.zeros((1, 3, 4), np.float32), np.full((1, 3), -1, np.int32)

    targets = assigned(said(), *nothing, WHERE)

    assert targets.scores.numpy().max() == 0


def test_two_objects_do_not_share_a_cell() -> None:
    boxes = tf.constant([[[0.4, 0.4, 0.3, 0.3], [0.42, 0.4, 0.3, 0.3]]])

    targets = assigned(said(), boxes, tf.constant([[0, 1]]), WHERE)

    assert ((targets.scores.numpy()[0] > 0).sum(1) <= 1).all()


@pytest.mark.parametrize("label", ["ball", "person"])
def test_a_score_where_nothing_is_costs_more_than_none(label: str) -> None:
    boxes, labels = np.zeros((1, 1, 4), np.float32), np.full((1, 1), -1, np.int32)
    quiet = np.array(said(scores=0.01))
    loud = quiet.copy()
    loud[0, 3, 4 + LABELS.index(label)] = 0.9

    losses = [
        detection_loss(tf.transpose(one, (0, 2, 1)), boxes, labels, WHERE).numpy()
        for one in (tf.constant(quiet), tf.constant(loud))
    ]

    assert losses[1][2] > losses[0][2] + 0.5
    assert losses[0][0] == losses[0][1] == 0


def test_the_network_learns_where_one_square_is() -> None:
    tf.keras.utils.set_random_seed(1)
    model = network(64)
    picture = np.zeros((8, 64, 64, 3), np.float32)
    picture[:, 16:32, 16:32] = 1.0
    truth = centred(np.repeat(A_BALL, 8, 0)[..., 1:]), np.ones((8, 1), np.int32)

    def loss(pictures: tf.Tensor, boxes: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        return detection_loss(model(pictures, training=True), boxes, labels, WHERE)

    lost = train(
        model,
        loss,
        iter(lambda: (picture, *truth), None),
        Schedule(40, peak=6e-3, warmup=5),
        "a square",
    )

    assert np.mean(lost[-5:]) < 0.8 * np.mean(lost[:3])
    assert model.output_shape == (None, 8, 8 * 8 + 4 * 4)


def found(*scored: tuple[float, tuple[float, float, float, float]]) -> list[Detection]:
    return [Detection("ball", score, Box(*box)) for score, box in scored]


THERE, NEAR, ELSEWHERE = (0.1, 0.1, 0.5, 0.5), (0.1, 0.1, 0.5, 0.4), (0.6, 0.6, 0.9, 0.9)


@pytest.mark.parametrize(
    ("detections", "precision"),
    [
        ([(0.9, THERE)], 1.0),
        ([(0.9, NEAR)], 1.0),
        ([], 0.0),
        ([(0.9, ELSEWHERE)], 0.0),
        ([(0.9, ELSEWHERE), (0.8, THERE)], 0.5),
        ([(0.9, THERE), (0.8, ELSEWHERE)], 1.0),
        ([(0.9, THERE), (0.8, NEAR)], 1.0),
    ],
)
def test_average_precision_of_hand_made_cases(
    detections: list[tuple[float, tuple[float, float, float, float]]], precision: float
) -> None:
    truth = np.array([[[1, *THERE], [-1, 0, 0, 0, 0]]])

    verdicts = judged([found(*detections)], truth, "ball", 1)

    assert verdicts.average_precision() == pytest.approx(precision)


def test_one_of_two_found_is_half_of_the_recalls() -> None:
    truth = np.array([[[1, *THERE], [1, *ELSEWHERE]]])

    verdicts = judged([found((0.9, THERE), (0.3, NEAR))], truth, "ball", 1)

    assert verdicts.average_precision() == pytest.approx(51 / 101)
    assert verdicts.at(0.5) == (1.0, 0.5)
    assert verdicts.at(0.2) == (0.5, 0.5)


def test_the_threshold_chosen_is_where_both_shares_are_best_together() -> None:
    truth = np.array([[[1, *THERE]], [[1, *THERE]], [[-1, 0, 0, 0, 0]]])
    detections = [found((0.6, THERE)), found((0.52, THERE)), found((0.41, ELSEWHERE))]

    thresholds = chosen(detections, truth)

    assert thresholds["ball"] == pytest.approx(0.45)
    assert written({"ball": 0.45, "box": 0.3}) == "{ default = 0.45, ball = 0.45, box = 0.3 }"


def test_the_whole_road_short(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "recipes.detector", "--short", "--out", str(tmp_path)]
    models = Path(__file__).parents[2] / "models"

    done = subprocess.run(command, cwd=models, check=True, capture_output=True, text=True)

    assert "mAP@0.5" in done.stdout.splitlines()[-1]
    content = (tmp_path / "starter-detector.tflite").read_bytes()
    model = Interpreter(content, "starter-detector")
    assert (model.inputs[0].shape, model.inputs[0].dtype) == ((1, 160, 160, 3), "uint8")
    assert (model.outputs[0].shape, model.outputs[0].dtype) == ((1, 8, 500), "int8")
    assert model.inputs[0].scale == pytest.approx(1 / 255)
    assert len(content) <= 500_000
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert figures["scenes"] == 24
    threshold = figures["int8"]["by_label"]["ball"]["threshold"]
    assert f"ball = {threshold}," in (tmp_path / "model.toml").read_text()
