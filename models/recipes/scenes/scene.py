"""A scene: a picture, and what is to be seen on it."""

from dataclasses import dataclass, replace

import numpy as np

from edgenode.demo.truth import REQUIRED_VISIBLE
from recipes.scenes.arrays import Array, Quad

__all__ = ["LABELS", "REQUIRED_VISIBLE", "Object", "Person", "Scene"]

LABELS = ("person", "ball", "bottle", "box")


@dataclass(frozen=True)
class Object:
    """An object in view; left ... bottom are fractions of the picture."""

    label: str
    left: float
    top: float
    right: float
    bottom: float
    """The box is clipped to the frame, and goes round what another object hides, too."""
    visible: float
    """0..1, the part of the object that neither the frame's edge nor another object hides."""

    @property
    def box(self) -> Quad:
        """Left, top, right, bottom."""
        return self.left, self.top, self.right, self.bottom

    def within(self, corners: Quad) -> "Object":
        """Return this, the frame being at left, top, width, height of a larger one."""
        return Object(self.label, *_within(self.box, corners), self.visible)


@dataclass(frozen=True)
class Person:
    """A person in view, who is among the objects as well."""

    keypoints: Array
    """float32 [17, 3]: y, x, and 1 where they are inside the frame; COCO's order."""
    box: Quad
    """Left, top, right, bottom."""
    facing: str
    """front, side or back."""
    visible: float

    @property
    def whole(self) -> bool:
        """Whether all of the body is inside the frame."""
        return bool(self.keypoints[:, 2].all())

    def within(self, corners: Quad) -> "Person":
        """Return this, the frame being at left, top, width, height of a larger one."""
        x, y, width, height = corners
        keypoints = self.keypoints * (height, width, 1) + (y, x, 0)
        return replace(self, keypoints=keypoints.astype(np.float32), box=_within(self.box, corners))


@dataclass(frozen=True)
class Scene:
    """What a model is trained on."""

    picture: Array
    """RGB uint8 [size, size, 3]."""
    objects: tuple[Object, ...]
    people: tuple[Person, ...]
    """The largest box first."""


def _within(box: Quad, corners: Quad) -> Quad:
    x, y, width, height = corners
    left, top, right, bottom = box
    return x + left * width, y + top * height, x + right * width, y + bottom * height
