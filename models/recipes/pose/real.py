"""``python -m recipes.pose.real``: what the shipped pose network says of real people.

MoveNet, which learnt from photographs, says where their joints are; SSD MobileNet where they
are. Fills the card's block and real.json, and draws the poses on empty canvases, for the pictures
are not ours.
"""

import sys
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from edgenode.plugin import Box, Detection, Pose
from edgenode.sense.plugins.object_detection import DetectionOptions, ObjectDetection
from edgenode.sense.plugins.pose_estimation import PoseEstimation, PoseOptions
from recipes.pose import card, measure
from recipes.pose.recipe import NAME
from recipes.pose.scoring import NEAR
from recipes.real import asked, fill
from recipes.scenes.arrays import Array
from recipes.shipping import MODELS
from recipes.vision.drawing import blank, drawn, sheet
from recipes.vision.node import OnNode
from recipes.vision.photographs import FILMS, catalogued, film, squared, stills

FINDER, WITNESS = "coco-ssd-mobilenet-v1", "movenet-lightning"
SURE = 0.6
"""Score from which a person is believed to be there."""
BELIEVED = 0.3
"""Score from which the witness's joint is believed."""
AROUND = 1.25
"""Side of the square round a person, in longer sides of their box."""
LEAST = 0.15
"""Longer side of a person worth looking at, in heights of the picture."""


def main() -> int:
    """Measure, draw, fill in the card."""
    given = asked("pose")
    content = (MODELS / NAME / f"{NAME}.tflite").read_bytes()
    ours = measure.on_node(content, NAME)
    pose, boxes = PoseOptions(source="camera"), DetectionOptions(source="camera", threshold=SURE)
    witness = catalogued(WITNESS, given.store, partial(PoseEstimation, pose))
    finder = catalogued(FINDER, given.store, partial(ObjectDetection, boxes))
    pictures = stills(given.media)
    taken = {name: _people(finder, [picture]) for name, picture in pictures.items()}
    taken[FILMS[0]] = _people(finder, film(given.media, FILMS[0]))
    figures = {name: _verdict(ours, witness, crops) for name, crops in taken.items() if crops}
    fill(NAME, figures, {"real": card.real(figures)})
    shown = [crop for crops in taken.values() for crop, _ in crops[:3]][:6]
    canvases = [squared(drawn(blank(one), ours.findings(one), 200), 200) for one in shown]
    sheet(canvases, across=len(canvases), path=MODELS / NAME / "real.png")
    return 0


def _people(finder: OnNode, frames: Sequence[Array]) -> list[tuple[Array, float]]:
    """Return a square picture round each person, and the longer side of their box in its sides."""
    crops = [
        _crop(frame, one.box)
        for frame in frames
        for one in finder.findings(frame)
        if isinstance(one, Detection) and one.label == "person" and one.score >= SURE
    ]
    return [(crop, 1.0 / AROUND) for crop, tall in crops if tall >= LEAST]


def _crop(frame: Array, box: Box) -> tuple[Array, float]:
    """Return the square round *box*, black beyond the frame, and how tall the box is in it."""
    height, width = frame.shape[:2]
    longer = max((box.right - box.left) * width, (box.bottom - box.top) * height)
    half = round(longer * AROUND / 2)
    column, row = (box.left + box.right) / 2 * width, (box.top + box.bottom) / 2 * height
    padded = np.pad(frame, ((half, half), (half, half), (0, 0)))
    crop = padded[round(row) : round(row) + 2 * half, round(column) : round(column) + 2 * half]
    return crop, longer / height


def _verdict(ours: OnNode, witness: OnNode, crops: Sequence[tuple[Array, float]]) -> dict[str, Any]:
    """Return people, joints the witness believes in, the share near those, and our mean score."""
    errors, scores = [], []
    for crop, longer in crops:
        seen, said = _joints(witness, crop), _joints(ours, crop)
        believed = seen[:, 2] >= BELIEVED
        off = np.linalg.norm(seen[:, :2] - said[:, :2], axis=1) / longer
        errors += off[believed].tolist()
        scores.append(said[:, 2].mean())
    return {
        "people": len(crops),
        "witnessed": len(errors),
        "near": round(sum(error < NEAR for error in errors) / max(len(errors), 1), 2),
        "score": round(float(np.mean(scores)), 2),
    }


def _joints(node: OnNode, picture: Array) -> Array:
    (pose,) = (one for one in node.findings(picture) if isinstance(one, Pose))
    return np.array([(point.y, point.x, point.score) for point in pose.keypoints])


if __name__ == "__main__":
    sys.exit(main())
