"""Draws findings on pictures."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from edgenode.plugin import Category, Detection, Finding, Frame, Keypoint, Pose
from edgenode.values import BONES

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

BOX, BONE, JOINT, TEXT = "#ff4d00", "#00c8ff", "#ffe600", "white"
MIN_SCORE = 0.2
"""Keypoints below this score are not drawn."""


def draw(frame: Frame, findings: Sequence[Finding], path: Path) -> None:
    """Draw *findings* on *frame* and write it to *path*; the suffix decides the format.

    Raise ``OSError`` if the file cannot be written.
    """
    from PIL import Image, ImageDraw

    picture = Image.fromarray(frame.pixels)
    canvas = ImageDraw.Draw(picture)
    for finding in findings:
        if isinstance(finding, Detection):
            _detection(canvas, picture.size, finding)
        elif isinstance(finding, Pose):
            _pose(canvas, picture.size, finding)
    _captions(canvas, picture.size, [one for one in findings if isinstance(one, Category)])
    picture.save(path)


def _detection(canvas: "ImageDraw", size: tuple[int, int], found: Detection) -> None:
    width, height = size
    box = found.box
    corner = (box.left * width, box.top * height)
    # Relative to the picture: one pixel cannot be seen in a large one.
    stroke = max(max(size) // 400, 1)
    canvas.rectangle((*corner, box.right * width, box.bottom * height), outline=BOX, width=stroke)
    _caption(canvas, size, corner, found)


def _captions(canvas: "ImageDraw", size: tuple[int, int], found: Sequence[Category]) -> None:
    """Draw the labels of the whole picture, one below the other, from its top left corner."""
    down = 0.0
    for category in found:
        down = _caption(canvas, size, (0.0, down), category)


def _caption(
    canvas: "ImageDraw",
    size: tuple[int, int],
    corner: tuple[float, float],
    found: Detection | Category,
) -> float:
    """Draw label and score at *corner*, its top left; return the y of the lower edge."""
    text = f"{found.label} {found.score:.2f}"
    font_size = max(max(size) // 60, 10)
    box = canvas.textbbox(corner, text, font_size=font_size)
    canvas.rectangle(box, fill=BOX)
    canvas.text(corner, text, fill=TEXT, font_size=font_size)
    return box[3]


def _pose(canvas: "ImageDraw", size: tuple[int, int], found: Pose) -> None:
    stroke = max(max(size) // 300, 1)
    for start, end in BONES:
        ends = (found.keypoints[start], found.keypoints[end])
        if min(point.score for point in ends) >= MIN_SCORE:
            canvas.line([_place(point, size) for point in ends], fill=BONE, width=stroke)
    for point in found.keypoints:
        if point.score >= MIN_SCORE:
            canvas.circle(_place(point, size), stroke * 1.5, fill=JOINT)


def _place(point: Keypoint, size: tuple[int, int]) -> tuple[float, float]:
    return (point.x * size[0], point.y * size[1])
