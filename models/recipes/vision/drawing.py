"""What was found, drawn on small pictures, and those beside each other on one sheet."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from edgenode.plugin import Detection, Finding, Keypoint, Pose
from edgenode.values import BONES
from recipes.scenes.arrays import Array

COLOURS = {
    "person": (255, 77, 0),
    "ball": (0, 220, 90),
    "bottle": (60, 130, 255),
    "box": (255, 220, 0),
}
BONE, JOINT, INK, PAPER = (0, 200, 255), (255, 230, 0), (255, 255, 255), 48
QUALITY = 80


def drawn(picture: Array, findings: Sequence[Finding], longer: int) -> Array:
    """Return *picture*, its longer side brought to *longer* pixels, with *findings* on it."""
    scale = longer / max(picture.shape[:2])
    canvas = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    for finding in findings:
        if isinstance(finding, Detection):
            _detection(canvas, finding)
        elif isinstance(finding, Pose):
            _pose(canvas, finding)
    return canvas


def blank(picture: Array) -> Array:
    """Return an empty canvas of the size of *picture*."""
    return np.full_like(picture, PAPER)


def sheet(tiles: Sequence[Array], across: int, path: Path) -> None:
    """Write *tiles*, all of one size, in rows of *across*, to *path*; its suffix says how."""
    rows = [np.hstack(tiles[begin : begin + across]) for begin in range(0, len(tiles), across)]
    pixels = cv2.cvtColor(np.vstack(rows), cv2.COLOR_RGB2BGR)
    cv2.imwrite(str(path), pixels, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])


def _detection(canvas: Array, found: Detection) -> None:
    height, width = canvas.shape[:2]
    low = (round(found.box.left * width), round(found.box.top * height))
    high = (round(found.box.right * width), round(found.box.bottom * height))
    colour = COLOURS[found.label]
    cv2.rectangle(canvas, low, high, colour, 1)
    text = f"{found.label} {found.score:.2f}"
    at = (low[0] + 1, max(low[1] - 2, 9))
    cv2.putText(canvas, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.33, INK, 1, cv2.LINE_AA)


def _pose(canvas: Array, found: Pose) -> None:
    places = [_place(canvas, one) for one in found.keypoints]
    for start, end in BONES:
        cv2.line(canvas, places[start], places[end], BONE, 1, cv2.LINE_AA)
    for place in places:
        cv2.circle(canvas, place, 2, JOINT, -1, cv2.LINE_AA)


def _place(canvas: Array, keypoint: Keypoint) -> tuple[int, int]:
    return round(keypoint.x * canvas.shape[1]), round(keypoint.y * canvas.shape[0])
