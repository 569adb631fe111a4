"""Poses: what people do, and how they hold their arms meanwhile."""

import math
from collections.abc import Callable

from recipes.chance import about, either, happens, one_of
from recipes.scenes.arrays import Rng
from recipes.scenes.skeleton import Build, Limb, Pose

TURN = 2 * math.pi

DEEDS = {
    "stand": 0.27, "walk": 0.22, "raise": 0.16, "sit": 0.12, "squat": 0.07, "wide": 0.09,
    "bend": 0.03, "any": 0.04,
}  # fmt: skip
ARMS = {
    "down": 0.36, "raise": 0.14, "aside": 0.12, "bent": 0.14, "ahead": 0.1, "hip": 0.08,
    "any": 0.06,
}  # fmt: skip


def build(rng: Rng) -> Build:
    """Return somebody's proportions; one in eight is a child."""
    child = happens(rng, 0.12)
    return Build(
        trunk=about(rng, 0.285, 0.07),
        shoulders=about(rng, 0.1, 0.12),
        hips=about(rng, 0.055, 0.12),
        arm=about(rng, 0.172, 0.07),
        forearm=about(rng, 0.148, 0.07),
        thigh=about(rng, 0.242, 0.06),
        shank=about(rng, 0.235, 0.06),
        head=rng.uniform(1.2, 1.5) if child else about(rng, 1.05, 0.1),
        girth=rng.uniform(0.85, 1.4),
    )


def pose(rng: Rng, facing: float | None = None) -> Pose:
    """Return somebody's pose, turned to *facing* or, by lot, mostly to the camera."""
    deed = one_of(rng, DEEDS)
    if facing is None:
        facing = rng.normal() * 0.5 if happens(rng, 0.45) else rng.uniform(0.0, TURN)
    return Pose(
        facing=facing,
        lean=_lean(rng, deed),
        tilt=rng.normal() * (0.3 if deed == "any" else 0.07),
        twist=rng.normal() * 0.15,
        head_turn=rng.normal() * 0.35,
        head_nod=rng.normal() * 0.18,
        arms=_arms(rng, deed),
        legs=_LEGS[deed](rng),
    )


def _lean(rng: Rng, deed: str) -> float:
    known = {"sit": (-0.15, 0.6), "squat": (0.1, 0.9), "bend": (0.6, 1.5)}
    if deed in known:
        return rng.uniform(*known[deed])
    return rng.normal() * (0.35 if deed == "any" else 0.08)


def walking(phase: float, stride: float = 0.45) -> tuple[tuple[Limb, Limb], tuple[Limb, Limb]]:
    """Return arms and legs at *phase* (0..1) of two steps; *stride* is how far the thighs swing.

    Thigh and knee follow the curves of a walk: the knee bends most while its leg swings forward.
    """
    limbs = []
    for shift in (0.0, 0.5):
        angle = (phase + shift) * TURN
        thigh = stride * math.cos(angle) + 0.08
        knee = 0.12 + 1.7 * stride * max(0.0, math.sin(angle + math.pi + 0.55)) ** 2
        arm = -0.75 * stride * math.cos(angle)
        limbs.append(
            (Limb(arm, 0.1, 0.2, 0.25 + 0.3 * max(arm, 0.0)), Limb(thigh, 0.0, -0.1, knee))
        )
    (left_arm, left_leg), (right_arm, right_leg) = limbs
    return (left_arm, right_arm), (left_leg, right_leg)


def _arms(rng: Rng, deed: str) -> tuple[Limb, Limb]:
    if deed == "walk" and happens(rng, 0.6):
        return walking(rng.random(), rng.uniform(0.2, 0.8))[0]
    common = "raise" if deed == "raise" else one_of(rng, ARMS)
    left, right = (_ARMS[one_of(rng, ARMS) if happens(rng, 0.3) else common](rng) for _ in range(2))
    return left, right


def _arm_any(rng: Rng) -> Limb:
    return Limb(
        rng.uniform(-0.8, 2.9), rng.uniform(0, 2.2), rng.uniform(-1.5, 1.5), rng.uniform(0, 2.5)
    )


_ARMS: dict[str, Callable[[Rng], Limb]] = {
    "down": lambda rng: Limb(
        rng.normal() * 0.2, rng.uniform(0.02, 0.3), 0.2, rng.uniform(0.0, 0.5)
    ),
    "raise": lambda rng: Limb(
        rng.uniform(-0.4, 0.6), rng.uniform(1.6, 3.0), rng.uniform(-1.5, 0.5), rng.uniform(0.0, 1.4)
    ),
    "aside": lambda rng: Limb(
        rng.uniform(-0.3, 0.5), rng.uniform(1.0, 1.8), rng.uniform(-1.7, 1.7), rng.uniform(0.0, 1.5)
    ),
    "bent": lambda rng: Limb(
        rng.uniform(-0.2, 0.6), rng.uniform(0.05, 0.4), rng.uniform(0.0, 1.1), rng.uniform(1.0, 2.5)
    ),
    "ahead": lambda rng: Limb(
        rng.uniform(0.6, 1.9), rng.uniform(-0.1, 0.5), rng.uniform(-0.2, 0.8), rng.uniform(0.0, 1.6)
    ),
    "hip": lambda rng: Limb(
        rng.uniform(-0.5, -0.1),
        rng.uniform(0.6, 0.95),
        rng.uniform(1.3, 1.7),
        rng.uniform(1.3, 1.8),
    ),
    "any": _arm_any,
}


def _standing(rng: Rng) -> tuple[Limb, Limb]:
    left, right = (
        Limb(rng.normal() * 0.08, rng.uniform(-0.02, 0.16), -0.2, abs(rng.normal()) * 0.12)
        for _ in range(2)
    )
    return left, right


def _wide(rng: Rng) -> tuple[Limb, Limb]:
    left, right = (
        Limb(rng.normal() * 0.25, rng.uniform(0.2, 0.65), -0.3, rng.uniform(0.0, 0.8))
        for _ in range(2)
    )
    return left, right


def _sitting(rng: Rng) -> tuple[Limb, Limb]:
    thigh, knee = rng.uniform(1.2, 1.7), rng.uniform(1.1, 1.8)
    left, right = (
        Limb(thigh + rng.normal() * 0.08, rng.uniform(-0.05, 0.45), -0.1, about(rng, knee, 0.15))
        for _ in range(2)
    )
    return left, right


def _squatting(rng: Rng) -> tuple[Limb, Limb]:
    thigh = rng.uniform(1.0, 2.2)
    left, right = (
        Limb(
            about(rng, thigh, 0.1),
            rng.uniform(0.1, 0.7),
            -0.2,
            min(about(rng, thigh * 1.2, 0.12), 2.6),
        )
        for _ in range(2)
    )
    return (left, right) if happens(rng, 0.75) else _kneeling(rng, left)


def _kneeling(rng: Rng, up: Limb) -> tuple[Limb, Limb]:
    knelt = Limb(rng.uniform(-0.2, 0.3), 0.1, 0.0, rng.uniform(1.4, 1.8))
    return (up, knelt) if either(rng) > 0 else (knelt, up)


def _bending(rng: Rng) -> tuple[Limb, Limb]:
    back = rng.uniform(0.0, 0.3)
    left, right = (
        Limb(about(rng, back, 0.3), rng.uniform(0.0, 0.25), -0.1, rng.uniform(0.0, 0.6))
        for _ in range(2)
    )
    return left, right


def _any(rng: Rng) -> tuple[Limb, Limb]:
    left, right = (
        Limb(
            rng.uniform(-0.7, 1.8),
            rng.uniform(0.0, 1.0),
            rng.uniform(-0.5, 0.5),
            rng.uniform(0.0, 2.2),
        )
        for _ in range(2)
    )
    return left, right


_LEGS: dict[str, Callable[[Rng], tuple[Limb, Limb]]] = {
    "stand": _standing,
    "raise": _standing,
    "walk": lambda rng: walking(rng.random(), rng.uniform(0.2, 0.75))[1],
    "wide": _wide,
    "sit": _sitting,
    "squat": _squatting,
    "bend": _bending,
    "any": _any,
}
