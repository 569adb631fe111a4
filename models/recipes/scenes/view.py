"""The view: how a camera at some height sees what stands on the ground."""

import math
from dataclasses import dataclass

import numpy as np

from recipes.chance import happens
from recipes.scenes.arrays import Array, Rng

FIELD = 0.93
"""Height of the picture at distance 1, as a camera of 50 degrees sees it."""
MAN_M = 1.7
NEAREST = 0.35


@dataclass(frozen=True)
class View:
    """Under which angle, and from how near, somebody is seen."""

    pitch: float
    """By which angle the camera looks down on them."""
    nearness: float
    """One over the distance, in heights of the person: 0 is a telephoto lens."""

    def project(self, points: Array) -> tuple[Array, Array, Array]:
        """Return places in the picture, nearness to the camera and magnification of *points*.

        Places are [n, 2], in heights, y downward, the ground's origin at 0, 0. A greater depth is
        nearer to the camera.
        """
        sine, cosine = math.sin(self.pitch), math.cos(self.pitch)
        up = points[:, 1] * cosine - points[:, 2] * sine
        depth = points[:, 1] * sine + points[:, 2] * cosine
        size = 1.0 / np.maximum(1.0 - self.nearness * depth, NEAREST)
        middle = 0.5 * cosine
        places = np.stack((points[:, 0] * size, -(middle + (up - middle) * size)), axis=1)
        return places, depth, size


@dataclass(frozen=True)
class Ground:
    """A plane under everything: who stands lower in the picture is nearer, and larger."""

    horizon: float
    """Row of the horizon, in heights of the frame; may be outside it."""
    camera_m: float
    """How high the camera hangs."""

    def size_at(self, row: float) -> float:
        """Return the height, in heights of the frame, of a grown person standing at *row*."""
        return max(row - self.horizon, 0.02) * MAN_M / self.camera_m

    def row_of(self, size: float) -> float:
        """Return the row where a grown person of *size* stands."""
        return self.horizon + size * self.camera_m / MAN_M

    def view_of(self, size: float) -> View:
        """Return how a person of *size* is seen."""
        distance_m = MAN_M / (size * FIELD)
        pitch = math.atan2(self.camera_m - MAN_M / 2, distance_m)
        return View(pitch, MAN_M / math.hypot(distance_m, self.camera_m - MAN_M / 2))


def ground(rng: Rng) -> Ground:
    """Return a ground seen from the height of a table, of a head or of a ceiling."""
    camera_m = rng.uniform(0.6, 1.8) if happens(rng, 0.7) else rng.uniform(1.8, 3.2)
    size, row = rng.uniform(0.35, 0.85), rng.uniform(0.75, 1.0)
    return Ground(row - size * camera_m / MAN_M, camera_m)


def no_ground(rng: Rng) -> View:
    """Return a view of somebody about whom the picture says nothing else."""
    return View(float(np.clip(rng.normal(0.06, 0.11), -0.25, 0.5)), rng.uniform(0.0, 0.45))
