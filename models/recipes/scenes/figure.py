"""The figure: a skeleton as it lies in the picture, in pixels."""

from dataclasses import dataclass

import numpy as np

from recipes.scenes.arrays import Array
from recipes.scenes.skeleton import CROWN, KEYPOINTS, Build, Pose, Skeleton, posed
from recipes.scenes.view import View

FLESH = 0.06
"""How far a body reaches beyond its joints, in heights."""


@dataclass(frozen=True)
class Figure:
    """Somebody in the picture."""

    build: Build
    skeleton: Skeleton
    view: View
    scale: float
    """Pixels per height of the person."""
    origin: Array
    """Where the ground under the person is, in pixels."""
    points: Array
    """[24, 2], the joints in pixels."""
    depth: Array
    """[24], greater is nearer to the camera."""
    size: Array
    """[24], pixels per height at each joint."""

    def at(self, point: Array) -> Array:
        """Return the pixel of a *point* in space."""
        return self.view.project(point[None])[0][0] * self.scale + self.origin

    def direction(self, vector: Array) -> Array:
        """Return the direction of *vector* in the picture, and how far it points to the camera."""
        flat = View(self.view.pitch, 0.0).project(np.stack((np.zeros(3), vector)))
        return np.array((*(flat[0][1] - flat[0][0]), flat[1][1]))

    def keypoints(self, width: float, height: float) -> Array:
        """Return [17, 3]: y and x in fractions of the frame, and 1 where they are inside it."""
        places = self.points[:KEYPOINTS, ::-1] / (height, width)
        inside = ((places >= 0) & (places < 1)).all(axis=1, keepdims=True)
        return np.concatenate((places, inside), axis=1).astype(np.float32)

    def extent(self) -> Array:
        """Return left, top, right and bottom of the body in pixels, inside the frame or not."""
        flesh = FLESH * self.build.girth * self.scale
        return np.concatenate((self.points.min(0) - flesh, self.points.max(0) + flesh))


@dataclass(frozen=True)
class Stance:
    """A posed body not yet in a picture."""

    build: Build
    skeleton: Skeleton
    view: View

    @classmethod
    def of(cls, pose: Pose, build: Build, view: View) -> "Stance":
        """Return *build* in *pose* as *view* sees it."""
        return cls(build, posed(pose, build), view)

    def bounds(self) -> Array:
        """Return left, top, right and bottom in heights of the person, the ground at 0, 0."""
        places = self.view.project(self.skeleton.joints)[0]
        return np.concatenate((places.min(0), places.max(0)))

    def placed(self, scale: float, origin: Array) -> Figure:
        """Return the figure *scale* pixels high whose ground is at *origin*."""
        places, depth, size = self.view.project(self.skeleton.joints)
        return Figure(
            build=self.build, skeleton=self.skeleton, view=self.view, scale=scale, origin=origin,
            points=places * scale + origin, depth=depth, size=size * scale,
        )  # fmt: skip

    def upright(self) -> float:
        """Return how high the head is above the ground, in heights of the person."""
        return float(self.skeleton.joints[CROWN, 1])
