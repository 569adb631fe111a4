"""Contact sheets: scenes side by side, with their truth drawn over them, for people to look at."""

from collections.abc import Iterable

import cv2
import numpy as np

from edgenode.values import BONES
from recipes.scenes.arrays import Array
from recipes.scenes.scene import REQUIRED_VISIBLE, Object, Person, Scene

COLOURS = {
    "person": (255, 60, 60),
    "ball": (60, 255, 60),
    "bottle": (90, 130, 255),
    "box": (255, 255, 60),
}
LEFT, RIGHT = (60, 255, 255), (255, 90, 255)


def sheet(scenes: Iterable[Scene], columns: int, enlarged: int = 2) -> Array:
    """Return *scenes* in rows of *columns*, RGB; the last row may be filled with black."""
    tiles = [marked(scene, enlarged) for scene in scenes]
    tiles += [np.zeros_like(tiles[0])] * (-len(tiles) % columns)
    rows = [np.hstack(tiles[begin : begin + columns]) for begin in range(0, len(tiles), columns)]
    return np.vstack(rows)


def marked(scene: Scene, enlarged: int) -> Array:
    """Return the picture with boxes and skeletons: cyan the left of a body, pink the right."""
    side = scene.picture.shape[0] * enlarged
    picture = cv2.resize(scene.picture, (side, side), interpolation=cv2.INTER_NEAREST)
    for one in scene.objects:
        if one.visible >= REQUIRED_VISIBLE:
            _box(picture, one)
    for person in scene.people:
        if person.visible >= REQUIRED_VISIBLE:
            _skeleton(picture, person)
    return np.asarray(picture)


def _box(picture: Array, one: Object) -> None:
    left, top, right, bottom = np.rint(np.array(one.box) * len(picture)).astype(int).tolist()
    cv2.rectangle(picture, (left, top), (right - 1, bottom - 1), COLOURS[one.label], 1)


def _skeleton(picture: Array, person: Person) -> None:
    points = np.rint(person.keypoints[:, 1::-1] * len(picture)).astype(int).tolist()
    for first, last in BONES:
        colour = LEFT if first % 2 else RIGHT
        cv2.line(picture, points[first], points[last], colour, 1, cv2.LINE_AA)
