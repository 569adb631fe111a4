"""The detector and the pose model that are shipped do what their cards say, on scenes not learnt.

The scenes are the first twelve that ``models/recipes`` holds out for each, none chosen; their seeds
stand beside their truth.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from PIL import Image

from edgenode import plugin
from edgenode.accelerator.interpreter import Interpreter
from edgenode.catalogue import manifest
from edgenode.demo.score.objects import compare
from edgenode.demo.truth import Moment, SeenObject
from edgenode.messages import Object
from edgenode.sense.inference import InThread
from edgenode.sense.plugins.object_detection import ObjectDetection
from edgenode.sense.plugins.pose_estimation import PoseEstimation
from edgenode.testing import outcomes
from tests.figures import figures
from tests.sense.plugins.real_models import model_of

FOLDER = Path(__file__).parent / "starters"
TRUTH: dict[str, list[dict[str, Any]]] = json.loads((FOLDER / "truth.json").read_text("utf-8"))
PLUGINS: dict[str, type[plugin.Plugin[Any, plugin.Frame]]] = {
    "starter-detector": ObjectDetection,
    "starter-pose": PoseEstimation,
}
NAMES = sorted(PLUGINS)


@cache
def interpreter(name: str) -> Interpreter:
    return Interpreter((manifest.find(name).folder / f"{name}.tflite").read_bytes(), name)


def sees(name: str, pixels: plugin.Tensor) -> list[plugin.Finding]:
    """Return what a node would report of a picture, with the manifest's settings."""
    card, made = manifest.find(name), interpreter(name)
    kind = PLUGINS[name]
    options = msgspec.convert({"source": "camera", "report": "all"}, kind.Options)
    tested = kind(options, model_of(card, made))
    frame = plugin.Frame(pixels=pixels, captured_at=0.0)
    found = outcomes(tested, [frame], InThread(made))
    return [finding for each in found for finding in each.result.findings]


def picture(name: str) -> plugin.Tensor:
    return np.asarray(Image.open(FOLDER / name))


@pytest.mark.parametrize("name", NAMES)
def test_the_file_beside_the_manifest_is_the_one_it_pins(name: str) -> None:
    card = manifest.find(name)
    pin = card.files.cpu

    assert pin is not None
    with (card.folder / pin.name).open("rb") as file:
        assert pin.fault(file) is None
    assert pin.size == figures(name)["bytes"] <= 500_000


@pytest.mark.parametrize("name", NAMES)
def test_it_eats_what_the_manifest_declares_and_says_8_bits(name: str) -> None:
    card, made = manifest.find(name), interpreter(name)

    assert (made.inputs[0].shape, made.inputs[0].dtype) == (card.input.shape, card.input.dtype)
    assert [output.dtype for output in made.outputs] == ["int8"]
    assert made.outputs[0].scale == pytest.approx(1 / 256, rel=0.3)


def test_the_detector_finds_most_of_what_is_there_and_little_else() -> None:
    right = said = there = 0
    for scene in TRUTH["detector"]:
        findings = sees("starter-detector", picture(scene["file"]))
        things = [
            Object(label=one.label, score=one.score, box=msgspec.to_builtins(one.box))
            for one in findings
            if isinstance(one, plugin.Detection)
        ]
        objects = tuple(SeenObject(*thing, visible=1.0) for thing in scene["objects"])
        right += compare(things, Moment(objects)).hits
        said, there = said + len(things), there + len(scene["objects"])

    assert there > 20
    assert right / said >= 0.8
    assert right / there >= 0.7


def test_the_pose_is_where_the_person_stands_and_none_where_nobody_is() -> None:
    near: list[bool] = []
    for scene in TRUTH["pose"]:
        findings = sees("starter-pose", picture(scene["file"]))
        poses = [one for one in findings if isinstance(one, plugin.Pose)]
        assert len(poses) == bool(scene["keypoints"]), scene["file"]
        for pose in poses:
            there, (left, top, right, bottom) = np.array(scene["keypoints"]), scene["box"]
            said = np.array([(point.y, point.x) for point in pose.keypoints])
            off = np.linalg.norm(said - there[:, :2], axis=1)[there[:, 2] > 0]
            near += (off < 0.1 * max(right - left, bottom - top)).tolist()

    assert np.mean(near) >= 0.8


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_seen_where_nothing_is(name: str) -> None:
    assert sees(name, np.full((240, 320, 3), 128, np.uint8)) == []


def test_the_detectors_card_is_within_the_bar() -> None:
    whole, eight = figures("starter-detector")["float"], figures("starter-detector")["int8"]

    assert eight["mean_average_precision"] >= 0.75
    assert eight["by_label"]["person"]["average_precision"] >= 0.8
    assert abs(eight["mean_average_precision"] - whole["mean_average_precision"]) <= 0.02


def test_the_pose_models_card_is_within_the_bar() -> None:
    whole, eight = figures("starter-pose")["float"]["pck"], figures("starter-pose")["int8"]["pck"]

    assert eight["all"] >= 0.82
    assert eight["whole, from the front"] >= 0.9
    assert abs(eight["all"] - whole["all"]) <= 0.02
