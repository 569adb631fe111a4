"""Draws findings on pictures."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from edgenode.plugin import Area, Category, Detection, Finding, Frame, Keypoint, Measurement, Pose
from edgenode.values import BONES, PERSON, label_of

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

COLOURS = (
    *("#ff4d00", "#00b7ff", "#39d353", "#ffd400", "#ff5fc4", "#b08cff"),
    *("#00d8b8", "#ff9c2a", "#9bdc00", "#ff7b7b", "#6fa8ff", "#e0c9a6"),
)
"""Colours that differ from each other, and that black text can be read on."""

JOINT, TEXT = "#ffe600", "black"
MIN_SCORE = 0.2
"""Keypoints below this score are not drawn."""

Corners = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels."""


class Palette:
    """Gives each label a colour of its own, as long as there are some; then they begin again."""

    def __init__(self) -> None:
        self._colours: dict[str, str] = {}

    def colour(self, label: str) -> str:
        """Return the colour of *label*: the same each time."""
        return self._colours.setdefault(label, COLOURS[len(self._colours) % len(COLOURS)])


def draw(frame: Frame, findings: Sequence[Finding], palette: Palette) -> "Image":
    """Return the picture in *frame* with *findings* drawn on it.

    A caption stands above or below its box where there is room, over no other caption and not over
    the upper third of a box, where faces are. What is found in the whole picture is listed in its
    top left corner.
    """
    from PIL import Image, ImageDraw

    picture = Image.fromarray(frame.pixels)
    drawing = _Drawing(ImageDraw.Draw(picture), picture.size, palette)
    for finding in findings:
        if isinstance(finding, Detection):
            drawing.box(finding)
        elif isinstance(finding, Pose):
            drawing.pose(finding)
    # After the boxes: no line must cross a text.
    drawing.overview([one for one in findings if isinstance(one, Category | Area | Measurement)])
    for finding in findings:
        if isinstance(finding, Detection):
            drawing.caption(finding)
    return picture


class _Drawing:
    """One picture that is drawn on, and where no caption should be: on others, or on a face."""

    def __init__(self, canvas: "ImageDraw", size: tuple[int, int], palette: Palette) -> None:
        self._canvas = canvas
        self._size = size
        self._palette = palette
        self._taken: list[Corners] = []
        # Relative to the picture: one pixel cannot be seen in a large one.
        self._stroke = max(max(size) // 400, 1)
        self._font_size = max(max(size) // 60, 10)

    def box(self, found: Detection) -> None:
        self._canvas.rectangle(
            self._corners(found), outline=self._palette.colour(found.label), width=self._stroke
        )
        left, top, right, bottom = self._corners(found)
        self._taken.append((left, top, right, top + (bottom - top) / 3))

    def pose(self, found: Pose) -> None:
        colour, stroke = self._palette.colour(PERSON), self._stroke * 4 / 3
        for start, end in BONES:
            ends = (found.keypoints[start], found.keypoints[end])
            if min(point.score for point in ends) >= MIN_SCORE:
                self._canvas.line(
                    [self._place(point) for point in ends], fill=colour, width=max(round(stroke), 1)
                )
        for point in found.keypoints:
            if point.score >= MIN_SCORE:
                self._canvas.circle(self._place(point), stroke * 1.5, fill=JOINT)

    def overview(self, found: Sequence[Category | Area | Measurement]) -> None:
        """Draw what is found in the whole picture, one below the other from its top left corner."""
        down = 0.0
        for one in found:
            corners = self._write(_text(one), (0.0, down), self._palette.colour(label_of(one)))
            down = corners[3]

    def caption(self, found: Detection) -> None:
        text = f"{found.label} {found.score:.2f}"
        width, height = self._text_size(text)
        left, top, _, bottom = self._corners(found)
        left = max(min(left, self._size[0] - width), 0)
        # Above, below, and only then inside: at the lower edge, as a face is at the upper one.
        tops = (top - height, bottom, bottom - height, bottom - 2 * height, 0.0)
        fitting = [each for each in tops if 0 <= each <= self._size[1] - height]
        free = [each for each in fitting if self._is_free(left, each, width, height)]
        at = (*free, *fitting, 0.0)[0]
        self._write(text, (left, at), self._palette.colour(found.label))

    def _write(self, text: str, corner: tuple[float, float], colour: str) -> Corners:
        width, height = self._text_size(text)
        corners = (*corner, corner[0] + width, corner[1] + height)
        self._canvas.rectangle(corners, fill=colour)
        self._canvas.text(corner, text, fill=TEXT, font_size=self._font_size, anchor="lt")
        self._taken.append(corners)
        return corners

    def _text_size(self, text: str) -> tuple[float, float]:
        _, _, right, bottom = self._canvas.textbbox(
            (0, 0), text, font_size=self._font_size, anchor="lt"
        )
        return right + 1, bottom + 1

    def _is_free(self, left: float, top: float, width: float, height: float) -> bool:
        return not any(
            left < other[2]
            and left + width > other[0]
            and top < other[3]
            and top + height > other[1]
            for other in self._taken
        )

    def _corners(self, found: Detection) -> Corners:
        (width, height), box = self._size, found.box
        # A plugin may have its corners the wrong way round: Pillow would refuse them.
        left, right = sorted((box.left * width, box.right * width))
        top, bottom = sorted((box.top * height, box.bottom * height))
        return left, top, right, bottom

    def _place(self, point: Keypoint) -> tuple[float, float]:
        return (point.x * self._size[0], point.y * self._size[1])


def _text(found: Category | Area | Measurement) -> str:
    match found:
        case Area(label, share):
            return f"{label} {share:.0%}"
        case Measurement(name, value):
            return f"{name} {value:g}"
        case _:
            return f"{found.label} {found.score:.2f}"
