"""The skeleton: from the angles of a pose to joints in space.

Lengths are in heights of the person (after Drillis and Contini, 1966), angles in radians. Axes of
the body: x to the person's left, y up, z to the front; facing the camera, x is the picture's right.
"""

import math
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import numpy as np

from edgenode import values
from recipes.scenes.arrays import Array

KEYPOINTS = len(values.KEYPOINTS)
"""The first joints are these, in their order."""
NECK, HEAD, CROWN, HANDS, TOES = 17, 18, 19, (20, 21), (22, 23)
JOINTS = 24
MIRRORED = (0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15)
"""Which keypoint each becomes when the picture is mirrored."""
SIDES = (1, -1)
ANKLE_HEIGHT = 0.04
DOWN, FRONT = np.array((0.0, -1.0, 0.0)), np.array((0.0, 0.0, 1.0))


class Limb(NamedTuple):
    """Angles of an arm or a leg; all zero: it hangs down, straight."""

    swing: float = 0.0
    """Of the upper part, to the front."""
    spread: float = 0.0
    """Of the upper part, away from the body."""
    turn: float = 0.0
    """About its own length, which turns the lower part inward."""
    bend: float = 0.0
    """Of the elbow or the knee."""


@dataclass(frozen=True)
class Pose:
    """How a body is held."""

    facing: float = 0.0
    """0: to the camera; a quarter turn: to the picture's right; pi: away."""
    lean: float = 0.0
    """Of the trunk, forward."""
    tilt: float = 0.0
    """Of the trunk, to the person's right."""
    twist: float = 0.0
    """Of the shoulders against the hips."""
    head_turn: float = 0.0
    head_nod: float = 0.0
    arms: tuple[Limb, Limb] = (Limb(), Limb())
    """Left, right."""
    legs: tuple[Limb, Limb] = (Limb(), Limb())


@dataclass(frozen=True)
class Build:
    """Proportions of a person."""

    trunk: float = 0.285
    shoulders: float = 0.1
    """From the middle to a shoulder's joint."""
    hips: float = 0.055
    arm: float = 0.172
    forearm: float = 0.148
    thigh: float = 0.242
    shank: float = 0.235
    head: float = 1.0
    """Size of the head against an adult's."""
    girth: float = 1.0


@dataclass(frozen=True)
class Skeleton:
    """A posed body in space, on the ground at the origin."""

    joints: Array
    """[24, 3]."""
    chest: Array
    """[3, 3]: columns are the directions of the trunk's own x, y and z."""
    head: Array
    """[3, 3], of the head."""


def posed(pose: Pose, build: Build) -> Skeleton:
    """Return the skeleton of *build* in *pose*, its lower foot on the ground."""
    pelvis = _about_y(pose.facing)
    chest = pelvis @ _about_z(pose.tilt) @ _about_x(pose.lean)
    hips = pelvis @ _about_z(pose.tilt * 0.4) @ _about_x(pose.lean * 0.3)
    joints = np.zeros((JOINTS, 3))
    joints[NECK] = chest @ (0.0, build.trunk, 0.0)
    chest = chest @ _about_y(pose.twist)
    head = chest @ _about_y(pose.head_turn) @ _about_x(pose.head_nod)
    _set_head(joints, head, chest, build)
    for side, sign in enumerate(SIDES):
        shoulder = joints[NECK] + chest @ (sign * build.shoulders, 0.0, 0.0)
        joints[[5 + side, 7 + side, 9 + side, HANDS[side]]] = _arm(
            chest, shoulder, pose.arms[side], (build.arm, build.forearm, sign)
        )
        hip = hips @ (sign * build.hips, 0.0, 0.0)
        joints[[11 + side, 13 + side, 15 + side, TOES[side]]] = _leg(
            hips, hip, pose.legs[side], (build.thigh, build.shank, sign)
        )
    joints[:, 1] += ANKLE_HEIGHT - joints[15:17, 1].min()
    return Skeleton(joints, chest, head)


def blended(first: Pose, last: Pose, part: float) -> Pose:
    """Return the pose at *part* (0..1) of the way from *first* to *last*."""

    def mixed(one: Any, other: Any) -> Any:  # noqa: ANN401 angles, or tuples of them
        if isinstance(one, tuple):
            parts = [mixed(a, b) for a, b in zip(one, other, strict=True)]
            return Limb(*parts) if isinstance(one, Limb) else tuple(parts)
        return one + (other - one) * part

    return Pose(
        **{f.name: mixed(getattr(first, f.name), getattr(last, f.name)) for f in fields(Pose)}
    )


def _set_head(joints: Array, head: Array, chest: Array, build: Build) -> None:
    size = build.head
    centre = joints[NECK] + chest @ (0.0, 0.045, 0.0) + head @ (0.0, 0.068 * size, 0.012)
    features = np.array(
        (
            (0.0, -0.006, 0.064),
            (0.021, 0.016, 0.05), (-0.021, 0.016, 0.05),
            (0.051, 0.0, -0.006), (-0.051, 0.0, -0.006),
        )
    )  # fmt: skip
    joints[:5] = centre + features * size @ head.T
    joints[HEAD] = centre
    joints[CROWN] = centre + head @ (0.0, 0.074 * size, 0.0)


def _arm(frame: Array, shoulder: Array, limb: Limb, measures: tuple[float, float, int]) -> Array:
    """Return shoulder, elbow, wrist and finger tips."""
    upper, lower, sign = measures
    frame = frame @ _about_z(sign * limb.spread) @ _about_x(-limb.swing)
    elbow = shoulder + frame @ DOWN * upper
    along = frame @ _about_y(-sign * limb.turn) @ _about_x(-limb.bend) @ DOWN
    wrist = elbow + along * lower
    return np.stack((shoulder, elbow, wrist, wrist + along * 0.075))


def _leg(frame: Array, hip: Array, limb: Limb, measures: tuple[float, float, int]) -> Array:
    """Return hip, knee, ankle and toes."""
    upper, lower, sign = measures
    frame = frame @ _about_z(sign * limb.spread) @ _about_x(-limb.swing)
    frame = frame @ _about_y(-sign * limb.turn)
    knee = hip + frame @ DOWN * upper
    frame = frame @ _about_x(limb.bend)
    ankle = knee + frame @ DOWN * lower
    ahead = frame @ FRONT * (1.0, 0.35, 1.0)
    foot = ahead / (np.linalg.norm(ahead) + 1e-6) * 0.105 + DOWN * 0.022
    return np.stack((hip, knee, ankle, ankle + foot))


def _about_x(angle: float) -> Array:
    sine, cosine = math.sin(angle), math.cos(angle)
    return np.array(((1.0, 0.0, 0.0), (0.0, cosine, -sine), (0.0, sine, cosine)))


def _about_y(angle: float) -> Array:
    sine, cosine = math.sin(angle), math.cos(angle)
    return np.array(((cosine, 0.0, sine), (0.0, 1.0, 0.0), (-sine, 0.0, cosine)))


def _about_z(angle: float) -> Array:
    sine, cosine = math.sin(angle), math.cos(angle)
    return np.array(((cosine, -sine, 0.0), (sine, cosine, 0.0), (0.0, 0.0, 1.0)))
