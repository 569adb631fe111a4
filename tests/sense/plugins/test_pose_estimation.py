from pathlib import Path

import numpy as np
import pytest

from edgenode import plugin
from edgenode.accelerator.interpreter import Interpreter
from edgenode.sense.plugins.pose_estimation import PoseEstimation, PoseOptions

POSE = plugin.TensorSpec(name="pose", shape=(1, 1, 17, 3), dtype="float32")
IMAGE = plugin.TensorSpec(name="image", shape=(1, 192, 192, 3), dtype="uint8")


def estimator(fit: str = "stretch", output: plugin.TensorSpec = POSE) -> PoseEstimation:
    model = plugin.Model(id="movenet", input=IMAGE, outputs=(output,), traits={"fit": fit})
    return PoseEstimation(PoseOptions(source="front"), model)


def frame(width: int, height: int) -> plugin.Frame:
    return plugin.Frame(pixels=np.zeros((height, width, 3), np.uint8), captured_at=0.0)


def tensor(y: float, x: float, score: float) -> plugin.Tensor:
    return np.tile(np.array([y, x, score], np.float32), (1, 1, 17, 1))


def test_a_pose_has_seventeen_keypoints_in_coco_s_order_and_their_mean_score() -> None:
    output = tensor(0.5, 0.25, 0.8)
    output[0, 0, 0] = [0.1, 0.2, 0.0]

    (pose,) = estimator().decode([output], frame(192, 192))

    assert isinstance(pose, plugin.Pose)
    assert len(pose.keypoints) == len(plugin.KEYPOINTS) == 17
    assert plugin.KEYPOINTS[0] == "nose"
    nose, eye = pose.keypoints[:2]
    assert (nose.x, nose.y, nose.score) == pytest.approx((0.2, 0.1, 0.0))
    assert (eye.x, eye.y) == (0.25, 0.5)
    assert pose.score == pytest.approx(0.8 * 16 / 17)


def test_keypoints_of_a_letterboxed_frame_are_fractions_of_the_frame() -> None:
    (pose,) = estimator("letterbox").decode([tensor(0.25, 0.5, 0.9)], frame(384, 192))

    assert isinstance(pose, plugin.Pose)
    assert (pose.keypoints[0].x, pose.keypoints[0].y) == (0.5, 0.0)


def test_keypoints_off_the_frame_are_clamped_and_what_is_no_number_scores_nothing() -> None:
    output = tensor(1.2, -0.1, 0.5)
    output[0, 0, 0] = np.nan

    (pose,) = estimator().decode([output], frame(192, 192))

    assert isinstance(pose, plugin.Pose)
    assert pose.keypoints[0] == plugin.Keypoint(0.0, 0.0, 0.0)
    assert pose.keypoints[1] == plugin.Keypoint(0.0, 1.0, 0.5)


def test_a_model_that_is_no_movenet_is_refused_with_a_cure() -> None:
    heatmaps = plugin.TensorSpec(name="heatmaps", shape=(1, 23, 31, 17), dtype="uint8")

    with pytest.raises(plugin.ModelError, match="single-pose MoveNet"):
        estimator(output=heatmaps)


@pytest.mark.parametrize(
    ("chosen", "traits", "expected"),
    [(None, {}, 0.3), (None, {"threshold": 0.45}, 0.45), (0.6, {"threshold": 0.45}, 0.6)],
)
def test_the_threshold_is_the_options_else_the_model_s_else_the_usual(
    chosen: float | None, traits: dict[str, float], expected: float
) -> None:
    model = plugin.Model(id="own", input=IMAGE, outputs=(POSE,), traits=traits)

    tested = PoseEstimation(PoseOptions(source="front", threshold=chosen), model)

    assert tested.clean()[0] == plugin.Use("threshold", {"threshold": expected})


def test_a_threshold_in_the_manifest_that_no_score_can_reach_is_refused() -> None:
    model = plugin.Model(id="own", input=IMAGE, outputs=(POSE,), traits={"threshold": 2})

    with pytest.raises(plugin.ModelError, match=r"model 'own': \[traits\]: .* at `\$\.threshold`"):
        PoseEstimation(PoseOptions(source="front"), model)


@pytest.mark.shared
def test_the_result_is_the_bare_interpreter_s_to_the_last_digit(shared: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    content = (shared / "models/movenet_single_pose_lightning_ptq.tflite").read_bytes()
    interpreter = Interpreter(content, "movenet")
    model = plugin.Model(id="movenet", input=interpreter.inputs[0], outputs=interpreter.outputs)
    picture = image.open(shared / "media/images/test_couple.jpg").convert("RGB")
    small = np.asarray(picture.resize((192, 192)))
    bare = interpreter.infer(small[np.newaxis])[0][0, 0]
    sample = plugin.Frame(pixels=small, captured_at=0.0)
    tested = PoseEstimation(PoseOptions(source="front"), model)

    (pose,) = tested.decode(interpreter.infer(tested.prepare(sample)), sample)

    assert isinstance(pose, plugin.Pose)
    found = [(point.y, point.x, point.score) for point in pose.keypoints]
    assert np.array_equal(np.array(found, np.float32), bare)


@pytest.mark.parametrize("score", [3.7, -2.5])
def test_a_third_column_that_is_no_score_is_a_fault_of_the_model(score: float) -> None:
    with pytest.raises(plugin.ModelError, match=rf"'movenet' gives {score} as a score, .* MoveNet"):
        estimator().decode([tensor(0.5, 0.5, score)], frame(192, 192))
