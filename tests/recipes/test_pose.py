"""The recipe of starter-pose: targets, loss, PCK, and the whole road, short."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from edgenode.accelerator.interpreter import Interpreter
from recipes.pose.batches import batches, mirrored, reframed
from recipes.pose.loss import pose_loss
from recipes.pose.network import network, weights
from recipes.pose.scoring import judged
from recipes.pose.truth import JOINTS, People, people
from recipes.scenes import pose_scene, scenes
from recipes.vision.training import Schedule, train

LEFT_WRIST, RIGHT_WRIST = 9, 10
EARLY = tf.zeros((1, JOINTS, 16))


def standing(place: float = 0.5) -> np.ndarray:
    """Return keypoints that are all at *place*."""
    return np.repeat([[place, place, 1.0]], JOINTS, 0).astype(np.float32)


def somebody(keypoints: np.ndarray) -> People:
    one = np.array([True])
    return People(keypoints[None], np.array([[0.2, 0.0, 0.4, 0.5]]), one, one)


def test_the_people_of_scenes_are_rows_of_keypoints() -> None:
    found = people(scenes(pose_scene, 64, range(120)))

    there = found.keypoints[..., 2].any(1)
    assert 90 <= there.sum() < 120
    assert found.keypoints.shape == (120, JOINTS, 3)
    assert (found.keypoints[~there] == 0).all()
    assert not (found.whole | found.front)[~there].any()


def test_in_a_mirror_left_is_right() -> None:
    keypoints = standing()
    keypoints[LEFT_WRIST] = (0.3, 0.1, 1.0)

    turned = mirrored(keypoints)

    assert turned[RIGHT_WRIST].tolist() == pytest.approx([0.3, 0.9, 1.0])
    np.testing.assert_allclose(mirrored(turned), keypoints, atol=1e-6)


def test_joints_that_leave_the_frame_are_not_asked_for() -> None:
    keypoints = standing(0.9)
    keypoints[LEFT_WRIST] = (0.5, 0.6, 1.0)
    twice_about_the_middle = np.array([[2.0, 0.0, -0.5], [0.0, 2.0, -0.5]])

    seen = reframed(keypoints, twice_about_the_middle)

    assert seen[LEFT_WRIST].tolist() == pytest.approx([0.5, 0.7, 1.0])
    assert seen[:, 2].sum() == 1


def test_batches_hold_pictures_and_keypoints() -> None:
    pictures = np.zeros((8, 64, 64, 3), np.uint8)
    drawn = batches(np.random.default_rng(0), pictures, np.repeat(standing()[None], 8, 0), 4)

    shown, keypoints = next(drawn)

    assert (shown.shape, shown.dtype) == ((4, 64, 64, 3), np.float32)
    assert (keypoints.shape, keypoints.dtype) == ((4, JOINTS, 3), np.float32)


def test_places_are_counted_from_the_middle() -> None:
    across = weights(4)

    assert across[0].tolist() == [-0.375, -0.375]
    assert across[1].tolist() == [-0.375, -0.125]
    assert across.sum() == 0


def test_what_is_taught_is_what_is_shipped() -> None:
    tf.keras.utils.set_random_seed(1)
    made = network(64)
    picture = tf.random.uniform((1, 64, 64, 3), seed=1)

    _, _, taught = made.taught(picture, training=False)
    shipped = made.shipped(picture, training=False)

    assert shipped.shape == (1, 1, JOINTS, 3)
    np.testing.assert_allclose(shipped[0], taught, atol=1e-5)


def test_a_map_at_the_right_place_costs_less_than_one_elsewhere() -> None:
    keypoints = tf.constant(standing(0.3125)[None])
    right = np.full((1, JOINTS, 64), -9.0, np.float32)
    wrong = right.copy()
    right[..., 2 * 8 + 2] = wrong[..., 6 * 8 + 6] = 9.0
    said = [
        tf.constant(np.repeat([[[y, y, 0.9]]], JOINTS, 1), tf.float32) for y in (0.3125, 0.8125)
    ]

    losses = [
        pose_loss(tf.constant(logits), EARLY, one, keypoints).numpy()
        for logits, one in zip((right, wrong), said, strict=True)
    ]

    assert losses[1][0] > losses[0][0] + 1
    assert losses[0][2] == pytest.approx(0, abs=1e-5)
    assert losses[1][2] == pytest.approx(10, rel=0.1)
    assert losses[1][3] > losses[0][3]


def test_where_nobody_is_only_scores_are_asked_for() -> None:
    nobody = tf.zeros((1, JOINTS, 3))
    sure, unsure = (tf.fill((1, JOINTS, 3), score) for score in (0.9, 0.1))
    logits = tf.zeros((1, JOINTS, 64))

    loud, quiet = (pose_loss(logits, EARLY, one, nobody).numpy() for one in (sure, unsure))

    assert loud[:3].tolist() == [0, 0, 0]
    assert loud[3] > quiet[3]


def test_the_network_learns_where_one_square_is() -> None:
    tf.keras.utils.set_random_seed(1)
    made = network(64)
    picture = np.zeros((8, 64, 64, 3), np.float32)
    picture[:, 16:24, 16:24] = 1.0
    batch = picture, np.repeat(standing(0.3125)[None], 8, 0)

    def loss(pictures: tf.Tensor, keypoints: tf.Tensor) -> tf.Tensor:
        logits, early, said = made.taught(pictures, training=True)
        return pose_loss(logits, early, said, keypoints)

    lost = train(
        made.taught, loss, iter(lambda: batch, None), Schedule(40, peak=6e-3, warmup=5), "a square"
    )

    assert np.mean(lost[-5:]) < 0.8 * np.mean(lost[:3])


def test_a_keypoint_is_near_within_a_tenth_of_the_longer_side() -> None:
    there = somebody(standing(0.3))
    said = standing(0.3)
    said[:5, 0] += 0.049
    said[5:7, 0] += 0.051

    verdicts = judged(said[None], there)

    assert verdicts.pck() == pytest.approx(15 / 17)
    assert verdicts.pck(joints=slice(5, 7)) == 0.0


def test_joints_out_of_the_frame_are_not_judged() -> None:
    there = standing(0.3)
    there[8:, 2] = 0

    verdicts = judged(standing(0.9)[None] * 0 + standing(0.3)[None], somebody(there))

    assert np.isnan(verdicts.errors[0, 8:]).all()
    assert verdicts.pck() == 1.0


def test_the_whole_road_short(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "recipes.pose", "--short", "--out", str(tmp_path)]
    models = Path(__file__).parents[2] / "models"

    done = subprocess.run(command, cwd=models, check=True, capture_output=True, text=True)

    assert "PCK@0.1" in done.stdout.splitlines()[-1]
    content = (tmp_path / "starter-pose.tflite").read_bytes()
    model = Interpreter(content, "starter-pose")
    assert (model.inputs[0].shape, model.inputs[0].dtype) == ((1, 128, 128, 3), "uint8")
    assert (model.outputs[0].shape, model.outputs[0].dtype) == ((1, 1, 17, 3), "int8")
    assert model.inputs[0].scale == pytest.approx(1 / 255)
    assert len(content) <= 500_000
    assert json.loads((tmp_path / "figures.json").read_text())["scenes"] == 48
